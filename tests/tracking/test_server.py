"""A real MLflow server that dies while a run trains, and comes back."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from src import runs
from src.sync import sync
from src.tracking import Mirror, is_complete
from src.tracking.store import STATE
from tests.conftest import environment
from tests.tracking.test_mirror import EXPERIMENT, curve, end, run_folder, write

pytestmark = pytest.mark.slow


class Server:
    """`mlflow server` on a free port over a SQLite store in `folder`."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.uri = folder, f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        store = ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "artifacts"]
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        with (self.folder / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "mlflow", "server", *store, *place]
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment(), stdout=log, stderr=log)
        end_of_patience = time.monotonic() + 120
        while not self.answers():
            assert time.monotonic() < end_of_patience, (self.folder / "server.log").read_text()
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.uri}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        family = [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]
        for member in family:
            member.kill()
        psutil.wait_procs(family, timeout=30)
        self.process.wait(30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    if server.process.poll() is None:
        server.kill()


def test_what_a_server_missed_while_it_was_down_is_sent(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    folder, straight = (run_folder(tmp_path, server.uri, epochs=0, name=name) for name in ("returns", "stays-away"))
    for path, comes_back in ((folder, True), (straight, False)):
        caplog.clear()
        mirror = Mirror(path, uri=server.uri, experiment=EXPERIMENT, run_name=None, interval=0.05)
        mirror.start()
        for epoch in range(1, 41):
            write(path, range(1, epoch + 1))
            mirror.notify()
            time.sleep(0.05)
            if epoch == 15:
                server.kill()
            if epoch == 30 and comes_back:
                server.start()
        end(path)
        assert mirror.close() == comes_back
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert ["cannot be reached" in text for text in warnings] == ([True, False] if comes_back else [True])
        assert is_complete(path) == comes_back
    server.start()
    sync([folder, straight])
    for path in (folder, straight):
        run_id = runs.read_json(path / STATE)["run_id"]
        assert is_complete(path)
        assert curve(server.uri, run_id) == [(epoch, 2 / epoch) for epoch in range(1, 41)]


def test_a_dead_server_is_told_by_sync_in_one_error(server: Server, tmp_path: Path):
    folder = run_folder(tmp_path, server.uri, epochs=1, name="unsent")
    end(folder)
    server.kill()
    with pytest.raises(ValueError, match="unsent: MLflow must be reachable, but got: "):
        sync([folder])
