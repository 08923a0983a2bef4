"""A file is there whole or not at all, whatever happens while it is written."""

import multiprocessing
import os
import threading
import warnings
from pathlib import Path

import pytest
import torch

from src.disk import DamagedError, flush_files, whole_file, write_text, write_texts
from src.disk.tensors import load_tensors, save_tensors
from tests import doors

VALUES = {"weight": torch.arange(1.0, 40.0), "history": [{"epoch": 1, "loss": 0.25 * row} for row in range(20)]}
FULL = """
import resource
from pathlib import Path
import torch
from src.config.messages import explain
from src.disk import write_text
from src.disk.tensors import save_tensors
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for write in (lambda: write_text(Path("text"), "x" * 30_000), lambda: save_tensors(torch.ones(9_000), Path("tensors"))):
    try:
        write()
    except OSError as error:
        print(explain(error))
"""


def test_what_is_written_replaces_what_was_there(tmp_path: Path):
    path = tmp_path / "text"
    for text in ("one", "two"):
        write_text(path, text)
        assert path.read_text() == text
    flush_files([path, tmp_path / "gone"])
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "text"
    write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "tw\ud800")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_file_and_its_room(tmp_path: Path):
    write_text(tmp_path / "text", "before")
    save_tensors(VALUES, tmp_path / "tensors")
    done = doors.run("-c", FULL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, line in zip(("text", "tensors"), done.stdout.splitlines(), strict=True):
        assert line.startswith(f"{name}: must have room on its disk, but got: File too large, ")
        assert line.endswith(" MiB left there.")
    assert (tmp_path / "text").read_text() == "before"
    assert load_tensors(tmp_path / "tensors")["history"] == VALUES["history"]
    assert {path.name for path in tmp_path.iterdir()} == {"text", "tensors"}


def test_no_changed_byte_changes_a_number(tmp_path: Path):
    path = tmp_path / "tensors"
    save_tensors(VALUES, path)
    content = path.read_bytes()
    found = 0
    for place in range(0, len(content), 3):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        try:
            values = load_tensors(path)
        except DamagedError:
            found += 1
        else:  # the padding between the parts
            assert torch.equal(values["weight"], VALUES["weight"])
            assert values["history"] == VALUES["history"]
    assert found > 300


def test_several_are_written_whole_or_not_at_all(tmp_path: Path):
    texts = {tmp_path / name: name for name in "abc"}
    write_texts(texts)
    assert {path: path.read_text() for path in tmp_path.iterdir()} == texts
    with pytest.raises(OSError, match="nowhere"):
        write_texts({tmp_path / "a": "new", tmp_path / "nowhere" / "b": "new"})
    assert {path: path.read_text() for path in tmp_path.iterdir()} == texts


def test_a_process_that_is_forked_flushes_with_threads_of_its_own(tmp_path: Path):
    write_texts({tmp_path / "before": ""})
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that threads do not live on
        child = context.Process(target=write_texts, args=({tmp_path / "after": ""},))
        child.start()
    child.join(30)
    assert child.exitcode == 0
    assert (tmp_path / "after").is_file()


def test_files_of_several_threads_and_processes_do_not_meet(tmp_path: Path):
    writing, written = threading.Event(), threading.Event()

    def write() -> None:
        with whole_file(tmp_path / "text", shared=True) as part:
            part.write_text("theirs")
            writing.set()
            assert written.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    assert writing.wait(30)
    with whole_file(tmp_path / "text", shared=True) as part:
        assert str(os.getpid()) in part.name
        part.write_text("mine")
    assert (tmp_path / "text").read_text() == "mine"
    written.set()
    thread.join()
    assert (tmp_path / "text").read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


def test_a_file_that_cannot_be_made_is_told_by_its_own_name(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as refused:
        write_text(tmp_path / "nowhere" / "file.txt", "text")
    assert refused.value.filename == str(tmp_path / "nowhere" / "file.txt")
