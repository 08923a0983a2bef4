"""Downloads from a real server on this machine, well and badly behaved."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from src.data import download as module
from src.data.download import TRIES, download

CONTENT = bytes(range(256)) * 1024  # four chunks
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT at any path; `answer` says how, `ranges` holds the Range header of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Callable[[Handler], None] = ranged
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.npz"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # the name that http.server calls
        self.server.ranges.append(self.headers["Range"])
        self.server.answer(self)

    def log_message(self, *arguments: object) -> None:
        pass

    def start(self) -> int:
        """The first byte that is asked for."""
        asked = self.headers["Range"]
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0

    def give(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


def ranged(handler: Handler) -> None:
    start = handler.start()
    if start >= len(CONTENT):
        handler.give(416, b"")
    else:
        handler.give(206 if start else 200, CONTENT[start:])


def whole(handler: Handler) -> None:
    handler.give(200, CONTENT)


def cut(handler: Handler) -> None:
    """Promises the rest and gives a third of it."""
    rest = CONTENT[handler.start() :]
    handler.give(206 if handler.start() else 200, rest[: len(rest) // 3], length=len(rest))


def left_by(path: Path) -> list[str]:
    """What lies in its folder, beside the lock."""
    return [file.name for file in path.parent.iterdir() if file.suffix != ".lock"]


def then(*answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """Each answer once, in turn."""
    left = iter(answers)
    return lambda handler: next(left)(handler)


def greeting(handler: Handler) -> None:
    """Speaks, but not HTTP."""
    handler.wfile.write(b"hello\r\n\r\n")


def refusing(status: int) -> Callable[[Handler], None]:
    return lambda handler: handler.give(status, b"")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "file.npz"


@pytest.fixture
def part(path: Path) -> Path:
    """Where the unfinished file stands, in a folder that is made."""
    path.parent.mkdir()
    return path.with_name("file.npz.part")


def assert_whole(path: Path) -> None:
    assert path.read_bytes() == CONTENT
    assert left_by(path) == [path.name]


def test_a_file_is_fetched_whole_and_its_folder_made(server: Server, path: Path):
    assert download(server.url, path, md5=MD5) == path
    assert_whole(path)
    assert server.ranges == [None]


def test_nothing_is_asked_for_if_the_file_is_there(server: Server, path: Path):
    download(server.url, path, md5=MD5)
    download(server.url, path, md5=MD5)
    assert len(server.ranges) == 1


def test_a_cut_transfer_goes_on_where_it_ended(server: Server, path: Path):
    server.answer = then(cut, ranged)
    download(server.url, path, md5=MD5)
    assert_whole(path)
    assert server.ranges == [None, f"bytes={len(CONTENT) // 3}-"]


def test_what_an_earlier_call_left_is_used(server: Server, path: Path, part: Path):
    part.write_bytes(CONTENT[:1000])
    download(server.url, path, md5=MD5)
    assert_whole(path)
    assert server.ranges == ["bytes=1000-"]


def test_a_server_that_ignores_the_range_starts_anew(server: Server, path: Path, part: Path):
    part.write_bytes(b"x" * 1000)
    server.answer = whole
    download(server.url, path, md5=MD5)
    assert_whole(path)


def test_a_part_that_was_whole_is_taken(server: Server, path: Path, part: Path):
    part.write_bytes(CONTENT)
    download(server.url, path, md5=MD5)
    assert_whole(path)
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("left", [b"x" * 1000, CONTENT + b"more"], ids=["of another file", "too long"])
def test_a_part_that_is_wrong_is_removed_and_the_next_call_succeeds(
    left: bytes, server: Server, path: Path, part: Path
):
    part.write_bytes(left)
    with pytest.raises(ValueError, match=f"must have MD5 {MD5}, but got"):
        download(server.url, path, md5=MD5)
    assert left_by(path) == []
    download(server.url, path, md5=MD5)
    assert_whole(path)


def test_a_wrong_md5_is_told_with_both_and_the_file_removed(server: Server, path: Path):
    expected = "0" * 32
    with pytest.raises(ValueError, match=f"{server.url}: .* MD5 {expected}, but got {MD5}") as raised:
        download(server.url, path, md5=expected)
    assert "\n" not in str(raised.value)
    assert left_by(path) == []


def assert_says_what_to_do(error: BaseException, url: str) -> None:
    assert isinstance(error, ConnectionError)
    assert str(error).startswith(url)
    assert "data.path=FILE" in str(error)
    assert "file.npz" in str(error)
    assert "\n" not in str(error)


def test_a_transfer_that_is_always_cut_keeps_what_came(server: Server, path: Path):
    server.answer = cut
    with pytest.raises(ConnectionError, match="ended after") as raised:
        download(server.url, path, md5=MD5)
    assert_says_what_to_do(raised.value, server.url)
    assert len(server.ranges) == TRIES
    kept = path.with_name("file.npz.part").read_bytes()
    assert 0 < len(kept) < len(CONTENT)
    assert kept == CONTENT[: len(kept)]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(status: int, server: Server, path: Path):
    server.answer = refusing(status)
    with pytest.raises(ConnectionError) as raised:
        download(server.url, path, md5=MD5)
    assert_says_what_to_do(raised.value, server.url)
    assert len(server.ranges) == 1


def test_a_server_in_trouble_is_asked_again(server: Server, path: Path):
    server.answer = then(refusing(503), ranged)
    download(server.url, path, md5=MD5)
    assert_whole(path)


def test_an_answer_that_is_not_http_is_told(server: Server, path: Path):
    server.answer = greeting
    with pytest.raises(ConnectionError) as raised:
        download(server.url, path, md5=MD5)
    assert_says_what_to_do(raised.value, server.url)


def test_a_dead_port_is_told(path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}/file.npz"
    with pytest.raises(ConnectionError, match="refused") as raised:
        download(url, path, md5=MD5)
    assert_says_what_to_do(raised.value, url)


def test_a_name_that_does_not_resolve_is_told(path: Path):
    url = "http://no-such-host.invalid/file.npz"  # RFC 2606 reserves the name
    with pytest.raises(ConnectionError) as raised:
        download(url, path, md5=MD5)
    assert_says_what_to_do(raised.value, url)


def test_a_silent_server_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file.npz"
        with pytest.raises(ConnectionError, match="timed out") as raised:
            download(url, path, md5=MD5)
    assert_says_what_to_do(raised.value, url)


def test_a_fault_of_this_machine_is_not_blamed_on_the_network(server: Server, path: Path, part: Path):
    part.mkdir()
    with pytest.raises(IsADirectoryError, match=r"file\.npz\.part"):
        download(server.url, path, md5=MD5)


def test_a_folder_that_cannot_be_made_is_named(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=str(tmp_path / "file")):
        download(server.url, tmp_path / "file" / "file.npz", md5=MD5)
    assert server.ranges == []


def test_two_at_once_fetch_once(server, tmp_path):
    found = []
    threads = [
        Thread(target=lambda: found.append(download(server.url, tmp_path / "file.npz", md5=MD5))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in found] == [CONTENT, CONTENT]
    assert len(server.ranges) == 1
