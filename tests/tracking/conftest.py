"""One MLflow server for all: starting it takes longer than the tests do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.tracking.store import connect
from tests.doors import empty_store
from tests.tracking.records import runs_at
from tests.tracking.server import Server


@pytest.fixture
def uri(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store of a project in `tmp_path`, where the test is."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(project)
    return f"sqlite:///{project}/mlruns/mlflow.db"


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that tests may kill and start."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_store(), folder / "server.db")
    server = Server(folder)
    yield server
    if server.is_up:
        server.kill()


@pytest.fixture
def server(shared_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, up, and a project in `tmp_path`, where the test is."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    if not shared_server.is_up:
        shared_server.start()
    for run in runs_at(shared_server.uri):  # of the test before
        connect(shared_server.uri).delete_run(run.info.run_id)
    return shared_server
