"""Who owns a folder: a living process, seen by its number here and by its signs of life elsewhere."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from src import runs
from src.runs import heartbeat
from src.runs.heartbeat import STALE_SECONDS, Heartbeat
from src.runs.orphans import UNCLAIMED_SECONDS, close_orphans
from src.runs.owner import claim, read_owner

ELSEWHERE = {"host": "d1e4a7", "pids": "another start of another machine", "pid": os.getpid(), "started": 1.0}


def seen(folder: Path, seconds: float) -> None:
    """Let the last sign of life be so long ago."""
    os.utime(folder / runs.OWNER, (time.time() - seconds,) * 2)


def test_an_owner_elsewhere_lives_while_it_gives_signs_of_life(tmp_path: Path):
    runs.write_json(tmp_path / runs.OWNER, ELSEWHERE)
    with pytest.raises(ValueError, match=r"one owner, but got a second while process \d+ on d1e4a7, seen 0 s ago"):
        claim(tmp_path)
    seen(tmp_path, STALE_SECONDS + 1)
    assert not runs.is_alive(tmp_path)
    claim(tmp_path)
    assert read_owner(tmp_path) == runs.this_process()


def test_an_owner_here_is_looked_at_whatever_its_host_is_called(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = psutil.Process(process.pid).create_time()
        owner = {**runs.this_process(), "host": "called otherwise", "pid": process.pid, "started": started}
        runs.write_json(tmp_path / runs.OWNER, owner)
        seen(tmp_path, STALE_SECONDS + 1)  # stopped for a while, say
        assert runs.is_alive(tmp_path)
        process.kill()
    assert not runs.is_alive(tmp_path)


def test_the_signs_of_life_are_given_until_the_folder_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    with runs.owned(tmp_path):
        seen(tmp_path, 1000.0)
        deadline = time.monotonic() + 20.0
        while time.time() - (tmp_path / runs.OWNER).stat().st_mtime > 100.0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert time.monotonic() < deadline
        with runs.owned(tmp_path):
            """It is its own already."""
        assert runs.is_alive(tmp_path)
    assert not (tmp_path / runs.OWNER).exists()


def test_a_beat_that_fails_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.001)
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        raise OSError

    started, deadline = Heartbeat(beat), time.monotonic() + 20.0
    while len(beats) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    started.stop()
    assert len(beats) >= 3


def test_what_a_run_left_that_never_began_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for place in ("runs/young", "runs/old", "runs/claimed", "runs/mine", "sweeps/claimed/0"):
        (tmp_path / place / ".hydra").mkdir(parents=True)
        (tmp_path / place / ".hydra" / "config.yaml").write_text("seed: 0")
    for place in ("runs/claimed", "runs/mine", "sweeps/claimed"):
        runs.write_json(tmp_path / place / runs.OWNER, {**runs.this_process(), "started": 1.0, "pid": 2**22 + 1})
    (tmp_path / "runs/mine/notes.txt").write_text("keep this")
    before = time.time() - UNCLAIMED_SECONDS - 1
    os.utime(tmp_path / "runs/old", (before, before))
    close_orphans(Console(), Path("elsewhere"), tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"runs/young/.hydra/config.yaml", "runs/mine/notes.txt"}
    assert capsys.readouterr().out.count("before anything was trained; what it left is removed.") == 4


def test_what_cannot_be_closed_keeps_no_other_from_beginning(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "runs" / "broken" / runs.OWNER).mkdir(parents=True)
    close_orphans(Console(quiet=True), Path("elsewhere"), tmp_path)
    assert "broken: is left as it is, since it must be readable and writable, but got: Is a directory." in caplog.text
