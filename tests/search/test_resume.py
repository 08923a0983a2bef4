"""A search killed again and again goes on by the same command: nothing is lost, nothing is done twice."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from src import runs
from src.runs.files import JOURNAL
from src.search.storage import open_storage
from tests import doors
from tests.conftest import Command
from tests.sweep.test_multirun import mlflow_runs

TRIALS, KILLS = 24, int(os.environ.get("KILLS", "5"))
KEYS = ["-m", "+experiment=smoke", "+search=quick", "hydra.launcher.slots=4", "hydra.sweeper.retrain=0"]
STUDY = "smoke-quick"


def start(folder: Path, *keys: str) -> doors.Started:
    command = ["-m", "src.train", *KEYS, "epochs=20", f"hydra.sweeper.n_trials={TRIALS}", *keys]
    return doors.start(*command, cwd=folder, output=folder / "output")


def sweep_of(folder: Path, study: str = STUDY) -> Path:
    return folder / "mlruns" / "sweeps" / study


def ended(folder: Path) -> dict[str, float]:
    """The results of trials that have ended, by number, with the time of their writing."""
    paths = sweep_of(folder).glob(f"*/{runs.RESULTS}")
    of_end = {path: json.loads(path.read_text()) for path in paths}
    return {path.parent.name: path.stat().st_mtime for path, read in of_end.items() if read["status"] == "FINISHED"}


def study_of(folder: Path, study: str = STUDY, url: str | None = None) -> optuna.Study:
    return optuna.load_study(study_name=study, storage=open_storage(url, sweep_of(folder, study), study))


def kill_after(folder: Path, process: doors.Started, trials: int, seconds: float) -> bool:
    """Kill it once so many more have ended and some time has gone; False if it was faster."""
    before = len(ended(folder))
    while process.poll() is None and len(ended(folder)) < before + trials:
        time.sleep(0.02)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() != 0


@pytest.mark.slow
@pytest.mark.parametrize("storage", [None, "sqlite"], ids=["journal", "database"])
def test_a_search_killed_again_and_again_counts_every_trial_once(project: Path, storage: str | None):
    url = storage and f"sqlite:///{project}/study.db"
    keys = [f"hydra.sweeper.storage={url}"] if url else []
    draw, kills = random.Random(0), 0
    seen: dict[str, float] = {}
    while kills < KILLS:
        # At any moment of the start, or soon after a trial has ended.
        moment = (0, draw.uniform(0.0, 3.5)) if draw.random() < 0.5 else (1, draw.uniform(0.0, 0.05))
        if not kill_after(project, start(project, *keys), *moment):
            break
        kills += 1
        now = ended(project)
        assert {number: now.get(number) for number in seen} == seen, "a trial that had ended was trained again"
        seen = now
    assert start(project, *keys).wait() == 0, (project / "output").read_text()
    assert kills == KILLS
    assert seen.items() <= ended(project).items()
    trials = study_of(project, url=url).trials
    counted = [trial for trial in trials if not trial.user_attrs.get("reaped")]
    assert len(counted) == TRIALS
    assert {trial.state for trial in counted} <= {TrialState.COMPLETE, TrialState.PRUNED}
    reaped = [trial for trial in trials if trial.user_attrs.get("reaped")]
    assert reaped, "no kill fell into a trial"
    assert {trial.state for trial in reaped} == {TrialState.FAIL}
    again = [trial.params for trial in counted]
    assert all(again.count(trial.params) == 1 for trial in reaped)
    assert {str(trial.number) for trial in counted} == set(ended(project))
    all_runs = mlflow_runs(project)
    (parent,) = [run for run in all_runs if "sweep" in run.data.tags]
    assert parent.info.status == "FINISHED"
    children = {run.data.tags["folder"]: run.info.status for run in all_runs if run is not parent}
    assert len(children) == len(all_runs) - 1
    assert {f"{STUDY}/{trial.number}" for trial in counted} <= set(children)
    expected = {f"{STUDY}/{trial.number}": "FINISHED" for trial in counted}
    assert {name: status for name, status in children.items() if name in expected} == expected
    assert {status for name, status in children.items() if name not in expected} <= {"KILLED"}


@pytest.mark.slow
def test_an_interrupted_search_leaves_no_trial_running_and_goes_on(project: Path):
    process = start(project)
    while process.poll() is None and len(ended(project)) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130, (project / "output").read_text()
    assert "broken off: the same command goes on with it" in (project / "output").read_text()
    states = {trial.state for trial in study_of(project).trials}
    assert TrialState.RUNNING not in states
    assert {run.info.status for run in mlflow_runs(project)} <= {"KILLED", "FINISHED"}
    assert start(project).wait() == 0, (project / "output").read_text()
    counted = [trial for trial in study_of(project).trials if not trial.user_attrs.get("reaped")]
    assert len(counted) == TRIALS


@pytest.mark.slow
def test_another_space_is_refused_with_the_difference_unless_it_is_forced(door: Command, project: Path):
    def search(*keys: str) -> Any:
        trials = () if any("n_trials" in key for key in keys) else ("hydra.sweeper.n_trials=4",)
        return door("train", *KEYS, "epochs=1", "tracking.enabled=false", *trials, *keys)

    assert search().returncode == 0
    refused = search("optimizer.lr=interval(1e-3, 1e-2)", "batch_size=32")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "batch_size: 32 (was 64)" in refused.stderr
    assert "optimizer.lr: interval(0.001, 0.01) (was tag(log, interval(0.0001, 0.1)))" in refused.stderr
    # Of a constraint the trials so far know nothing, by repeats their folders are numbered, and Optuna allows no other scale.
    for key, difference in (
        ("hydra.sweeper.constraints={num_params: 9}", "hydra.sweeper.constraints: {'num_params': 9.0} (was None)"),
        ("hydra.sweeper.repeats=2", "hydra.sweeper.repeats: 2 (was 1)"),
        ("optimizer.lr=interval(1e-3, 1e-2)", "optimizer.lr: interval(0.001, 0.01) (was tag(log, "),
    ):
        never = search(key, "hydra.sweeper.n_trials=6", "hydra.sweeper.resume=force")
        assert never.returncode == 1
        assert difference in never.stderr
        assert never.stderr.endswith("; hydra.sweeper.resume=fresh begins another study.\n")
    assert search().returncode == 0, "a refusal changes nothing"
    forced = search("batch_size=32", "hydra.sweeper.n_trials=6", "hydra.sweeper.resume=force")
    assert forced.returncode == 0, forced.stderr
    assert len(study_of(project).trials) == 6
    assert search("batch_size=16", "hydra.sweeper.resume=fresh").returncode == 0
    assert len(list(sweep_of(project).parent.glob(f"*/{JOURNAL}"))) == 2
