"""Sweeps and searches whose runs are trained by processes of their own, through the command line."""

import os
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from src import runs
from src.engines.stacked import commit
from tests import doors
from tests.sweep.test_multirun import mlflow_runs, results, sweep_of

KEYS = ("-m", "src.train", "-m", "data=moons", "patience=null")
GRID = (*KEYS, "epochs=40", "seed=range(0,20)", "model.widths=[32],[16,16]", "tracking.experiment=workers")
WORKERS = "hydra.launcher.workers=2"


def histories(sweep: Path) -> dict[int, pd.DataFrame]:
    """Of each run, less what is timed."""
    return {
        number: pd.read_csv(sweep / str(number) / runs.HISTORY).drop(columns="epoch_seconds")
        for number in results(sweep)
    }


@pytest.mark.slow
def test_a_sweep_whose_driver_is_killed_goes_on_to_the_runs_of_one_process(tmp_path):
    folders = [tmp_path / name for name in ("workers", "alone")]
    for folder in folders:
        folder.mkdir()
        doors.with_store(folder)
    started = doors.start(*GRID, WORKERS, cwd=folders[0], output=folders[0] / "output")
    while started.poll() is None and len(list(folders[0].glob("mlruns/sweeps/*/*/results.json"))) < 5:
        time.sleep(0.02)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    for folder, more in zip(folders, (WORKERS, "engine=native"), strict=True):
        done = doors.run(*GRID, more, cwd=folder)
        assert done.returncode == 0, done.stderr
    by_workers, alone = (histories(sweep_of(folder)) for folder in folders)
    assert len(by_workers) == 40
    assert all(by_workers[number].equals(alone[number]) for number in alone)
    recorded = mlflow_runs(folders[0], "workers")
    assert {run.info.status for run in recorded} == {"FINISHED"}
    assert len(recorded) == 41


STACK = (
    *("-m", "src.train", "-m", "data=code", "data._target_=tests.engines.workers.eager.read", "+data.seconds=0.02"),
    *("epochs=300", "patience=null", "model.widths=[8]", "seed=0,1,2,3", "engine=stacked", "hydra.launcher.slots=2"),
    "tracking.enabled=false",
)


def committed(folder):
    """Of the newest stack in a project's only sweep, how many epochs of each of its runs are committed, by number."""
    found = [path for sweep in (folder / "mlruns" / "sweeps").glob("*") for path in commit.found_in(sweep)]
    stack = commit.load(found[0]) if found else None
    pairs = zip(stack.numbers, stack.progress, strict=True) if stack else ()
    return {str(number): len(one["history"]) for number, one in pairs}


@pytest.mark.slow
def test_stacks_of_workers_go_on_though_the_driver_is_killed(tmp_path):
    """By other workers, and by one process: the first epochs of each have the seconds that they had, to the last bit."""

    def timed() -> dict[str, list[float]]:
        """The seconds of the epochs of each run, which none has twice."""
        found = tmp_path.glob(f"workers/mlruns/sweeps/*/*/{runs.HISTORY}")
        return {path.parent.name: list(pd.read_csv(path)["epoch_seconds"]) for path in found}

    folders = [tmp_path / name for name in ("workers", "alone")]
    for folder in folders:
        folder.mkdir()

    def start_and_kill(epochs: int) -> dict[str, list[float]]:
        """The seconds of the epochs that are committed, once some run has so many."""
        started = doors.start(*STACK, "hydra.launcher.workers=1", cwd=folders[0], output=folders[0] / "output")
        while started.poll() is None and max(committed(folders[0]).values(), default=0) < epochs:
            time.sleep(0.02)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        return {name: timed()[name][:count] for name, count in committed(folders[0]).items()}

    first = start_and_kill(25)
    second = start_and_kill(75)
    for folder in folders:
        done = doors.run(*STACK, cwd=folder)
        assert done.returncode == 0, done.stderr
    for before in (first, second):
        assert before
        assert all(timed()[name][: len(seconds)] == seconds for name, seconds in before.items())
    by_workers, alone = (histories(sweep_of(folder)) for folder in folders)
    assert all(by_workers[number].equals(alone[number]) for number in range(4))
    assert not commit.found_in(sweep_of(folders[0]))


@pytest.mark.slow
def test_a_search_by_workers_prunes_and_has_each_trial_once(tmp_path):
    doors.with_store(tmp_path)
    search = (
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=12",
        "hydra.sweeper.pruner=median",
        "hydra.sweeper.retrain=0",
    )
    space = ("epochs=12", "optimizer.lr=interval(1e-5,1e-1)", "model.widths=choice([8],[32])")
    done = doors.run(*KEYS, *search, *space, WORKERS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = results(sweep_of(tmp_path))
    assert sorted(found) == list(range(12))
    assert {one["stop_reason"] for one in found.values()} == {"epochs", "pruned"}


def test_what_is_of_many_runs_is_refused_for_one(tmp_path):
    for given in ("hydra.launcher.workers=2", "hydra/launcher=basic"):
        done = doors.run("-m", "src.train", "data=moons", given, cwd=tmp_path)
        key, value = given.split("=")
        told = (
            f"error: {key}: must stand in a command with -m (python -m src.train -m ...), but got {value} without it.\n"
        )
        assert (done.returncode, done.stderr) == (1, told)
        assert not list(tmp_path.iterdir())


def test_what_workers_cannot_be_is_told_in_one_line(tmp_path):
    for given, told in (
        ("hydra.launcher.workers=0", "hydra.launcher.workers: must be null or a number of at least 1, but got 0."),
        ("hydra.launcher.address=ray://here:1", "hydra.launcher.address: must be null, auto or HOST:PORT"),
        (
            "hydra.launcher.address=127.0.0.1:1",
            "hydra.launcher.address: must be auto or HOST:PORT of a running cluster",
        ),
    ):
        done = doors.run(*KEYS, "seed=0,1", given, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert told in done.stderr
        assert not list(tmp_path.glob("mlruns/sweeps/*"))
