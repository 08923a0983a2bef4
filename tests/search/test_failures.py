"""Trials that raise, run out of memory, diverge or have invalid values: the others go on, and all are counted."""

import subprocess
from pathlib import Path

import pytest
from optuna.trial import TrialState

from tests.conftest import Command
from tests.search.test_resume import study_of
from tests.sweep.test_multirun import mlflow_runs

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, num_features: int, num_outputs: int, kind: str) -> None:
        super().__init__()
        self.kind, self.layer = kind, nn.Linear(num_features, num_outputs)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.kind == "raises":
            raise RuntimeError("this net does not work")
        if self.kind == "memory":
            raise torch.OutOfMemoryError("can't allocate memory")
        if self.kind == "diverges":
            return self.layer(inputs.flatten(1)) * float("nan")
        return self.layer(inputs.flatten(1))
"""
SPACE = [
    "model.kind=good,raises,diverges,memory",
    "patience=3,0",
    "hydra.sweeper.sampler=grid",
    "hydra.sweeper.n_trials=99",
]


def search(door: Command, folder: Path, *keys: str) -> "subprocess.CompletedProcess[str]":
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "model" / "net.yaml").write_text("_target_: mine.Net\nkind: good\n")
    (folder / "mine.py").write_text(NET)
    given = ["+experiment=smoke", "model=net", "~model.widths", "hydra/sweeper=optuna", "hydra.sweeper.retrain=0"]
    return door("train", "--config-dir", "conf", "-m", *given, *SPACE, *keys)


@pytest.mark.slow
def test_every_trial_is_counted_however_it_ends(door: Command, project: Path):
    done = search(door, project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    trials = {
        (trial.params["model.kind"], trial.params["patience"]): trial
        for trial in study_of(project, "smoke-search").trials
    }
    assert len(trials) == 8
    expected = {"good": TrialState.COMPLETE, "diverges": TrialState.PRUNED}
    for (kind, patience), trial in trials.items():
        assert trial.state == (expected.get(kind, TrialState.FAIL) if patience else TrialState.FAIL)
    assert "this net does not work" in trials["raises", 3].user_attrs["reason"]
    assert "can't allocate memory" in trials["memory", 3].user_attrs["reason"]
    assert "patience: " in trials["good", 0].user_attrs["reason"]
    assert trials["diverges", 3].user_attrs["stop_reason"] == "diverged"
    statuses = sorted(run.info.status for run in mlflow_runs(project))
    assert statuses == ["FAILED", "FAILED", "FINISHED", "FINISHED", "FINISHED"]  # and the parent


@pytest.mark.slow
def test_more_failures_than_may_be_end_the_search(door: Command, project: Path):
    done = search(door, project, "hydra.sweeper.max_failure_rate=0.2")
    assert done.returncode == 1
    assert "error: hydra.sweeper.max_failure_rate: at most 0.2 of 8 trials must fail, but got " in done.stderr
    assert "Traceback" not in done.stderr
    states = [trial.state for trial in study_of(project, "smoke-search").trials]
    assert 2 <= states.count(TrialState.FAIL) <= 4  # those that were in training may fail too
    assert TrialState.RUNNING not in states


@pytest.mark.slow
def test_a_search_whose_trials_all_diverge_has_failed(door: Command, project: Path):
    keys = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "optimizer.lr=tag(log,interval(1e30,1e32))"]
    done = door("train", "-m", "+experiment=smoke", "epochs=2", *keys)
    assert done.returncode == 1
    assert "at least one trial must come to its end, but got 2 that diverged or were pruned." in done.stderr


@pytest.mark.slow
def test_the_best_of_folds_is_not_trained_again_on_a_test_split_that_others_learned_from(door: Command, project: Path):
    keys = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=2", "data.fold=0,1"]
    done = door("train", "-m", "+experiment=smoke", "epochs=1", *keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hydra.sweeper.retrain: left out, since folds have no test rows" in done.stdout
    assert not list(project.glob("mlruns/sweeps/*-best-*"))
