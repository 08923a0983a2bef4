"""A sweep on the compiled engine that is killed goes on where each member was, and ends as the unbroken one."""

import random
import signal
import time
from contextlib import suppress

import pandas as pd
import pytest

from tests import doors
from tests.sweep.test_multirun import sweep_of
from tests.sweep.test_resume import recorded

# A commit after each epoch and not each 10 s: so that a sweep of seconds has some.
DOOR = """
from src.engines.native import checkpoint
checkpoint.SECONDS, checkpoint.SHARE = 0.0, 1e9
from src.train import main
main()
"""
KEYS = ["-m", "+experiment=smoke", "data=digits", "epochs=20", "model.dropout=0.3", "engine=native"]
GRID = ["model.widths=[16],[12,8]", "optimizer=nadam,sgd", "seed=0,1", "tracking.enabled=false"]
JOBS, KILLS = 8, 3


def start(folder):
    return doors.start("-c", DOOR, *KEYS, *GRID, cwd=folder, output=folder / "output")


@pytest.mark.slow
def test_a_sweep_killed_again_and_again_ends_as_the_unbroken_one(tmp_path):
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    for folder in (unbroken, killed):
        folder.mkdir()
    assert start(unbroken).wait() == 0, (unbroken / "output").read_text()
    draw, commits = random.Random(0), set()
    for _ in range(KILLS):
        process = start(killed)
        seen = set(commits)
        while process.poll() is None and len(commits) < len(seen) + draw.randint(2, 20):
            for path in killed.glob("mlruns/sweeps/*/*/member.ckpt"):
                with suppress(FileNotFoundError):  # its job has ended meanwhile
                    commits.add((path, path.stat().st_ino))
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, (killed / "output").read_text()
    assert len(commits) >= KILLS
    assert start(killed).wait() == 0, (killed / "output").read_text()
    mine, its = recorded(sweep_of(killed)), recorded(sweep_of(unbroken))
    assert list(mine) == list(its) == list(range(JOBS))
    for number, (history, result) in mine.items():
        pd.testing.assert_frame_equal(history, its[number][0], check_exact=True)
        assert result == its[number][1]
    assert not list(killed.rglob("member.ckpt*"))
