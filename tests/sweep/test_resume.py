"""A sweep killed at any moment, or interrupted, goes on by the same command, and ends as the unbroken one."""

import random
import signal
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from src import runs
from tests import doors
from tests.engines.single.test_resume import without
from tests.sweep.test_multirun import curve, mlflow_runs, results, sweep_of

# Snapshots after each epoch and not each 10 s: so that a sweep of seconds has some.
DOOR = """
import sys
from src.engines.stacked import engine
engine.SNAPSHOT_SECONDS, engine.SNAPSHOT_SHARE = 0.0, 1e9
from src.train import main
main()
"""
KEYS = ["-m", "+experiment=smoke", "data=digits", "epochs=25", "patience=4", "model.dropout=0.3", "optimizer=nadam"]
GRID = ["optimizer.lr=1e-3,3e-3,1e-2", "seed=0,1,2,3", "engine=stacked", "hydra.launcher.slots=4"]
JOBS, KILLS = 12, 4


def start(folder: Path, *more: str) -> doors.Started:
    return doors.start("-c", DOOR, *KEYS, *GRID, *more, cwd=folder, output=folder / "output")


def checkpoint(folder: Path) -> Path | None:
    return next(folder.glob(f"mlruns/sweeps/*/{runs.CHECKPOINT}"), None)


def wait_for_snapshots(folder: Path, process: doors.Started, count: int) -> None:
    """Until the sweep's checkpoint was renewed `count` times, or it has ended."""
    seen: set[int] = set()
    while process.poll() is None and len(seen) <= count:
        found = checkpoint(folder)
        seen |= {found.stat().st_mtime_ns} if found else {0}
        time.sleep(0.005)


def recorded(sweep: Path) -> dict[int, tuple[pd.DataFrame, dict[str, Any]]]:
    """History and results of each job, less what is timed."""
    return {
        number: (
            pd.read_csv(sweep / str(number) / runs.HISTORY).drop(columns="epoch_seconds"),
            without(result, "timing"),
        )
        for number, result in results(sweep).items()
    }


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep that nothing breaks off."""
    folder = doors.with_store(tmp_path_factory.mktemp("straight"))
    assert start(folder).wait() == 0, (folder / "output").read_text()
    return sweep_of(folder)


def assert_as_unbroken(folder: Path, straight: Path) -> None:
    sweep = sweep_of(folder)
    mine, its = recorded(sweep), recorded(straight)
    assert list(mine) == list(its) == list(range(JOBS))
    for number, (history, result) in mine.items():
        pd.testing.assert_frame_equal(history, its[number][0], check_exact=True)
        assert result == its[number][1]
    assert (sweep / "leaderboard.csv").read_text() == (straight / "leaderboard.csv").read_text()
    all_runs = mlflow_runs(folder)
    (parent,) = [run for run in all_runs if "sweep" in run.data.tags]
    children = [run for run in all_runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == len(all_runs) - 1 == JOBS
    assert {run.info.status for run in all_runs} == {"FINISHED"}
    for child in children:
        history = mine[int(child.data.tags["folder"].rpartition("/")[2])][0]
        expected = dict(zip(history["epoch"], history["val/loss"], strict=True))
        assert curve(folder, child, "val/loss") == pytest.approx(expected)
        assert list(curve(folder, child, "best/epoch")) == [0]


@pytest.mark.slow
def test_a_sweep_killed_again_and_again_ends_as_the_unbroken_one(project: Path, straight: Path):
    draw, kills, snapshots = random.Random(0), 0, 0
    while kills < KILLS:
        process = start(project)
        wait_for_snapshots(project, process, draw.randint(0, 8))
        time.sleep(draw.uniform(0.0, 0.05))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        kills += 1
        snapshots += checkpoint(project) is not None
    assert snapshots >= 2
    assert start(project).wait() == 0, (project / "output").read_text()
    assert_as_unbroken(project, straight)


@pytest.mark.slow
def test_an_interrupted_sweep_says_so_and_goes_on(project: Path, straight: Path):
    process = start(project)
    wait_for_snapshots(project, process, 3)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130, (project / "output").read_text()
    assert "broken off: the same command goes on with it" in (project / "output").read_text()
    stop_reasons = {result["stop_reason"] for result in results(sweep_of(project)).values()}
    assert "interrupted" in stop_reasons <= {"interrupted", "patience", "epochs"}
    assert "KILLED" in {run.info.status for run in mlflow_runs(project)} <= {"KILLED", "FINISHED"}
    assert start(project).wait() == 0, (project / "output").read_text()
    assert_as_unbroken(project, straight)


@pytest.mark.slow
def test_a_sweep_does_not_go_on_with_other_settings_or_as_a_fresh_one(straight: Path):
    folder = straight.parent.parent.parent
    identity = straight / "3" / runs.IDENTITY
    text = identity.read_text()
    identity.write_text(text.replace('"epochs": 25', '"epochs": 24'))
    assert identity.read_text() != text
    process = start(folder)
    assert process.wait() == 1
    assert "but got epochs=25 (was 24)" in (folder / "output").read_text()
    identity.write_text(text)
    assert start(folder, "hydra.launcher.resume=fresh").wait() == 0
    fresh = [path for path in folder.glob("mlruns/sweeps/*") if path.is_dir() and path != straight]
    assert len(fresh) == 1
    assert len(results(fresh[0])) == JOBS
    snapshot = torch.load(straight / runs.CHECKPOINT, weights_only=True)
    assert snapshot == {"ended": list(range(JOBS)), "snapshot": None}
