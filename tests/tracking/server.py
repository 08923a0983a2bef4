"""A real MLflow server, to be killed and started again."""

import signal
import socket
import time
from pathlib import Path
from urllib.request import urlopen

from tests import doors

# `mlflow server` as it is, but for two things that no test asks for and that take 15 s: its runners of jobs, and that it
# imports MLflow once more, as the process that it starts does not when it goes on from here.
CODE = """
import os, runpy, sys
import mlflow.server
from mlflow.cli import cli

def go_on(command, extra_env, **_):
    os.environ.update(extra_env)
    sys.argv = command[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
mlflow.server._exec_cmd = go_on
sys.argv[0] = "mlflow"
cli()
"""


class Server:
    """`mlflow server` on a free port over a store, by default a SQLite file in `folder`, where its artifacts are."""

    def __init__(self, folder: Path, store: str = "sqlite:///server.db") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.store, self.uri = folder, store, f"http://127.0.0.1:{self.port}"
        self.process: doors.Started | None = None

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        store = ["--backend-store-uri", self.store, "--artifacts-destination", "artifacts"]
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        log = self.folder / "server.log"
        self.process = doors.start("-c", CODE, "server", *store, *place, cwd=self.folder, output=log)
        end_of_patience = time.monotonic() + 120
        while not self.answers():
            assert self.is_up, log.read_text()
            assert time.monotonic() < end_of_patience, log.read_text()
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.uri}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
