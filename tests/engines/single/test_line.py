"""The line between two processes of a run."""

import socket
from collections.abc import Iterator

import pytest

from src.engines.single.group import is_of_another, lost
from src.engines.single.line import READY, Line, Word


@pytest.fixture
def lines() -> Iterator[tuple[Line, Line]]:
    one, other = socket.socketpair()
    with one, other:
        yield Line(one), Line(other)


def test_silence_is_counted_by_ones_own_signs(lines: tuple[Line, Line]):
    one, other = lines
    for _ in range(3):
        one.beat()
    assert one.silent == 3
    one.listen()
    assert one.silent == 3
    other.beat()
    one.listen()
    assert (one.silent, one.is_open, one.is_ready) == (0, True, False)
    other.beat(READY)
    one.listen()
    assert one.is_ready


def test_the_last_word_comes_whole_and_ends_the_signs(lines: tuple[Line, Line]):
    one, other = lines
    word = Word("net.py line 3: must not raise!\nbut got . and !", is_of_another=True)
    other.beat()
    other.say(word)
    other.beat()
    other.connection.close()
    one.listen()
    assert not one.is_open
    assert one.word == word
    assert not one.is_ready


def test_who_hangs_up_without_a_word_had_none(lines: tuple[Line, Line]):
    one, other = lines
    other.beat()
    other.connection.close()
    one.listen()
    assert (one.is_open, one.word) == (False, None)
    one.beat()
    one.say(Word(None))


def test_nobody_waits_for_who_does_not_listen(lines: tuple[Line, Line]):
    one, _other = lines
    for _ in range(100_000):
        one.beat()
    assert one.is_open


def test_what_a_library_says_of_a_lost_process_is_one_line():
    said = "[/src/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:29: Connection reset by peer. This is typically caused"
    error = RuntimeError(said)
    assert is_of_another(error)
    assert not is_of_another(RuntimeError("boom"))
    rule = "trainer.devices: every process of a run must live to its end, but got one lost"
    assert str(lost(error)) == f"{rule} (Read error [127.0.0.1]:29: Connection reset by peer)."
