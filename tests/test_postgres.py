"""`make postgres`: a server that keeps its data, asks for a password, and says in one line what it lacks."""

import os
import subprocess
from pathlib import Path

import pytest

from scripts import postgres
from tests.doors import REPOSITORY
from tests.postgresql import PostgreSQL


def ask(url: str, passwords: Path) -> str:
    """What its number of databases is, or why it does not say."""
    command = ["psql", "-XAtqw", url, "-c", "SELECT count(*) FROM pg_database WHERE NOT datistemplate"]
    env = {**os.environ, "PGPASSFILE": str(passwords)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return done.stdout.strip() or done.stderr


def test_the_server_asks_for_its_password_and_keeps_its_data(postgresql: PostgreSQL):
    url = postgresql.url("studies")
    assert ask(url, postgresql.passwords) == "3"
    assert "no password supplied" in ask(url, Path("/dev/null"))
    assert "password authentication failed" in ask(url.replace("lab@", "lab:wrong@"), Path("/dev/null"))
    subprocess.run(["psql", "-XAtqw", url, "-c", "CREATE TABLE kept (x int)"], check=True)
    postgresql.stop()
    with pytest.raises(ValueError, match=r"^.*: must have a server that runs, but got none$"):
        postgresql.stop()
    postgresql.begin()
    postgresql.begin()  # it runs: nothing happens
    assert (
        "ERROR"
        not in subprocess.run(["psql", "-XAtqw", url, "-c", "TABLE kept"], capture_output=True, text=True).stderr
    )


def test_a_port_in_use_is_told(postgresql: PostgreSQL):
    command = [
        "make",
        "-s",
        "postgres",
        f"PORT={postgresql.free_port}",
        f"POSTGRES={postgresql.folder.parent / 'other'}",
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"other: must be able to listen at 127.0.0.1:{postgresql.free_port}, but got" in done.stderr


def test_a_machine_without_postgresql_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.getuid", lambda: 1)
    with pytest.raises(
        ValueError, match="^initdb: PostgreSQL must be installed .*apt-get install postgresql.*, but got"
    ):
        postgres.Server(tmp_path / "postgres").start("127.0.0.1", 5433)


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs it as another user")
def test_a_folder_that_its_user_cannot_enter_is_told(tmp_path: Path):
    tmp_path.chmod(0o700)
    with pytest.raises(ValueError, match="must lie where user postgres may enter, but got /"):
        postgres.Server(tmp_path / "postgres").start("127.0.0.1", 5433)
    assert not list(tmp_path.iterdir())
