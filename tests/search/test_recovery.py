"""A trial whose end the storage never saw is told from its folders as it was told when it ended."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.pruners import NopPruner
from optuna.trial import FrozenTrial, TrialState

from src import runs
from src.search.recovery import ended_in
from src.search.source import Plan
from src.search.study import Ledger
from tests.conftest import Command
from tests.search.test_resume import study_of, sweep_of

SEARCH = [
    "-m",
    "+experiment=smoke",
    "+search=quick",
    "epochs=6",
    "hydra.sweeper.n_trials=12",
    "hydra.sweeper.retrain=0",
]
BOUNDS = {"train/loss": 0.5}


def as_if_killed(study: optuna.Study) -> optuna.storages.BaseStorage:
    """A storage that has seen each trial begin, and none end."""
    storage = optuna.storages.InMemoryStorage()
    other = optuna.create_study(storage=storage, study_name=study.study_name)
    for trial in study.trials:
        begun = optuna.create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)
        begun.user_attrs = {"owner": {}}
        other.add_trial(begun)
    return storage


def opened(storage: optuna.storages.BaseStorage) -> Ledger:
    return Ledger(
        storage,
        "smoke-quick",
        ["minimize"],
        sampler=lambda number: optuna.samplers.RandomSampler(),
        pruner=NopPruner(),
    )


def told(trial: FrozenTrial) -> Any:
    attrs = {key: value for key, value in trial.user_attrs.items() if key != "owner"}
    return trial.state, trial.params, trial.values, trial.intermediate_values, trial.constraints, attrs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pruner", "in_turn"),
    [("{name: median, n_startup_trials: 3}", False), ("wilcoxon", True)],
    ids=["median", "wilcoxon"],
)
def test_a_trial_is_recovered_as_it_ended(door: Command, tmp_path: Path, pruner: str, in_turn: bool):
    keys = ["hydra.sweeper.repeats=2", f"hydra.sweeper.pruner={pruner}", "hydra.sweeper.constraints={train/loss:0.5}"]
    done = door("train", *SEARCH, *keys)
    assert done.returncode == 0, done.stdout + done.stderr
    study = study_of(tmp_path, "smoke-quick")
    ledger = Ledger(
        as_if_killed(study),
        study.study_name,
        ["minimize"],
        sampler=lambda number: optuna.samplers.RandomSampler(),
        pruner=NopPruner(),
    )
    plan = Plan(["val/loss"], ["minimize"], 12, repeats=2, in_turn=in_turn, bounds=BOUNDS)
    reaped = ledger.load(lambda trial: ended_in(sweep_of(tmp_path, "smoke-quick"), trial, plan))
    assert not reaped
    assert [told(trial) for trial in ledger.trials] == [told(trial) for trial in study.trials]
    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert all(trial.constraints for trial in study.trials)
    one = sweep_of(tmp_path, "smoke-quick") / str(2 * study.best_trial.number) / runs.RESULTS
    one.unlink()  # as if it had been killed before its end was written
    ledger = Ledger(
        as_if_killed(study),
        "smoke-quick",
        ["minimize"],
        sampler=lambda number: optuna.samplers.RandomSampler(),
        pruner=NopPruner(),
    )
    (reaped_trial,) = ledger.load(lambda trial: ended_in(sweep_of(tmp_path, "smoke-quick"), trial, plan))
    assert reaped_trial.number == study.best_trial.number
    other = one.parent.with_name(str(2 * study.best_trial.number + 1)) / runs.RESULTS
    runs.write_json(other, {**runs.read_json(other), "stop_reason": "failed", "reason": "RuntimeError: no"})
    ledger = opened(as_if_killed(study))  # as if it had been killed after one repeat had failed
    assert not ledger.load(lambda trial: ended_in(sweep_of(tmp_path, "smoke-quick"), trial, plan))
    failed = ledger.trials[study.best_trial.number]
    assert (failed.state, failed.user_attrs["reason"]) == (TrialState.FAIL, "RuntimeError: no")
