"""Where the tests find the command line and the real data."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import doors
from tests.doors import REPOSITORY
from tests.postgresql import PostgreSQL
from tests.report.browser import MISSING, Browser

# Threads that wait for the cores of other workers take 5 times as long.
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0))
if workers:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, files of few tests, which are the long ones, come first: at the end no worker waits for one."""
    if workers:
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: tests[item.path])


@pytest.fixture(scope="session")
def running_postgresql() -> Iterator[PostgreSQL]:
    """One server for all."""
    with PostgreSQL.running() as server:
        yield server


@pytest.fixture
def postgresql(running_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> PostgreSQL:
    """A PostgreSQL server with empty databases, whose password this process and those that it starts know."""
    monkeypatch.setenv("PGPASSFILE", str(running_postgresql.passwords))
    running_postgresql.empty()
    return running_postgresql


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium without a network."""
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed (Debian's chromium and chromium-driver)")
    profile = tmp_path_factory.mktemp("chromium")
    browser = Browser(profile)
    yield browser
    browser.close()
    shutil.rmtree(profile, ignore_errors=True)


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def door(tmp_path: Path) -> Command:
    """Run `python -m src.<door> arguments...` in an empty folder and wait for its end."""

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return doors.run("-m", f"src.{name}", *arguments, cwd=tmp_path)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of `door`, with an empty MLflow store."""
    return doors.with_store(tmp_path)


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the checkout; skips where it is not there."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data are not at {folder}")
    return folder
