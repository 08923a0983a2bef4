"""Studies outlive their process: in the journal, also after a kill in the middle of a line, in SQLite and in PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.closed_form import open_search, run_slots
from src.search.storage import JOURNAL, open_storage

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
SPACE = ["x=tag(log, interval(1e-4, 1e-1))", "kind=a,b"]


@pytest.fixture
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a new database of a PostgreSQL server."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    folder = tmp_path_factory.mktemp("postgresql")
    owner = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name  # it refuses to run as root
    if os.getuid() == 0:
        for part in (folder, folder.parent, folder.parent.parent):
            part.chmod(0o755)
        shutil.chown(folder, owner)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")

    def run(*command: str) -> None:
        subprocess.run(
            [str(BINARIES[-1] / command[0]), *command[1:]],
            user=owner,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    run("initdb", "-D", data, "-U", "lab", "--auth=trust")
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-p {port} -k {folder} -h 127.0.0.1", "start")
    try:
        yield f"postgresql://lab@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.mark.slow
def test_a_study_in_postgresql_goes_on(tmp_path: Path, postgresql: str):
    for most in (5, None):
        search = open_search(tmp_path, SPACE, sampler="tpe", n_trials=12, splits=["kind"], storage=postgresql)
        run_slots(search, lambda params: params["x"], 3, most=most)
        kept = search.ledger.kept.get_trials()
        search.ledger.close()
    assert [trial.params for trial in kept] == [trial.params for trial in search.ledger.trials]
    assert sum(trial.state.is_finished() and not trial.user_attrs.get("reaped") for trial in kept) == 12


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path: Path):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=4)
    run_slots(search, lambda params: params["x"], 2)
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":4,"worker_i')
    again = open_search(tmp_path, SPACE, sampler="random", n_trials=6)
    assert len(again.ledger.counted) == 4
    run_slots(again, lambda params: params["x"], 2)
    assert len(open_search(tmp_path, SPACE, sampler="random", n_trials=6).ledger.counted) == 6


def test_the_lock_of_a_journal_dies_with_its_owner(tmp_path: Path):
    holder = f"""
import os, sys, time
from pathlib import Path
from src.search.storage import Lock
Lock(Path({str(tmp_path / JOURNAL)!r})).acquire()
print("held", flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.kill()
    started = time.perf_counter()
    open_storage(None, tmp_path)
    assert time.perf_counter() - started < 5


def test_a_database_that_does_not_answer_is_told():
    with pytest.raises(ValueError, match="hydra.sweeper.storage: must be the URL of a database that answers"):
        open_storage("postgresql://nobody@127.0.0.1:1/none", Path())
