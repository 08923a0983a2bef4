"""A server that takes a request and answers by a byte now and then."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.tracking.deadline import within
from src.tracking.patient_writer import PatientWriter
from src.tracking.store import connect
from tests.tracking.records import begin, begun, following, single

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture(params=[b"", HEAD], ids=["no status", "half an answer"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of one."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(request.param or b"HTTP/1.1 200 O")
            while not ended.wait(0.2):
                try:
                    connection.sendall(b"{" if request.param else b"K")
                except OSError:
                    return

    def accept(server: socket.socket) -> None:
        while not ended.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()


def test_a_server_that_drips_is_left_in_time(dripping: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.chdir(tmp_path)
    connect(dripping)
    job = single(tmp_path, dripping)
    begin(job)
    said: list[str] = []
    writer = PatientWriter(following(job.folder, dripping), lambda text: said.append(str(text)))
    writer.add(begun(job))
    started = time.monotonic()
    assert not writer.write()
    assert time.monotonic() - started < 10
    assert said[0].startswith(f"MLflow at {dripping} cannot be reached; `python -m src.sync` sends the run later. (")


def test_what_takes_too_long_is_left_alone():
    assert within(5.0, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 / 0)
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(0.5))
