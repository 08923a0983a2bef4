"""A trial whose end the storage never saw is told from its folders as it was told when it ended."""

from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.pruners import NopPruner
from optuna.trial import FrozenTrial, TrialState

from src import runs
from src.config.composition import compose_run
from src.runs.background import Background
from src.runs.objective import Objective
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.search.held import HeldStorage, Operations
from src.search.recovery import ended_in
from src.search.source import Plan
from src.search.study import Trials
from tests.conftest import Command
from tests.search.test_resume import study_of, sweep_of

SEARCH = [
    "-m",
    "+experiment=smoke",
    "+search=quick",
    "epochs=6",
    "hydra.sweeper.n_trials=12",
    "hydra.sweeper.retrain=0",
    "tracking.enabled=false",
]
STUDY = "smoke-quick"
BOUNDS = {"train/loss": 0.5}


def as_if_killed(study: optuna.Study) -> HeldStorage:
    """A storage that has seen each trial begin, and none end."""
    storage = HeldStorage(Operations())
    other = optuna.create_study(storage=storage, study_name=study.study_name)
    for trial in study.trials:
        begun = optuna.create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)
        begun.user_attrs = {"owner": {}}
        other.add_trial(begun)
    return storage


def opened(storage: HeldStorage) -> Trials:
    return Trials(
        storage,
        STUDY,
        ["minimize"],
        sampler=lambda number: optuna.samplers.RandomSampler(),
        pruner=NopPruner(),
        background=Background(),
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
    study = study_of(tmp_path, STUDY)
    trials = opened(as_if_killed(study))
    plan = Plan([Objective.of("val/loss")], 12, repeats=2, in_turn=in_turn, bounds=BOUNDS)
    reaped = trials.load(lambda trial: ended_in(sweep_of(tmp_path, STUDY), trial, plan))
    assert not reaped
    assert [told(trial) for trial in trials.all] == [told(trial) for trial in study.trials]
    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert all(trial.constraints for trial in study.trials)
    one = sweep_of(tmp_path, STUDY) / str(2 * study.best_trial.number) / runs.RESULTS
    one.unlink()  # as if it had been killed before its end was written
    trials = opened(as_if_killed(study))
    (reaped_trial,) = trials.load(lambda trial: ended_in(sweep_of(tmp_path, STUDY), trial, plan))
    assert reaped_trial.number == study.best_trial.number
    other = one.parent.with_name(str(2 * study.best_trial.number + 1)) / runs.RESULTS
    runs.write_json(other, {**runs.read_json(other), "stop_reason": "failed", "reason": "RuntimeError: no"})
    trials = opened(as_if_killed(study))  # as if it had been killed after one repeat had failed
    assert not trials.load(lambda trial: ended_in(sweep_of(tmp_path, STUDY), trial, plan))
    failed = trials.all[study.best_trial.number]
    assert (failed.state, failed.user_attrs["reason"]) == (TrialState.FAIL, "RuntimeError: no")


def recorded(folder: Path, number: int, reason: StopReason | None, losses: list[float]) -> None:
    """The folder of a job: begun, and ended if there is a `reason`."""
    its_folder = folder / str(number)
    its_folder.mkdir()
    values = compose_run("+experiment=smoke").plain()
    (its_folder / runs.CONFIG).write_text(yaml.safe_dump(values))
    history = [{"epoch": epoch, "val/loss": loss, "train/loss": 0.25} for epoch, loss in enumerate(losses, start=1)]
    runs.write_history(its_folder, history)
    if reason is not None:
        best = losses.index(min(losses)) + 1
        why = "RuntimeError: no" if reason == StopReason.FAILED else None
        Results(str(number), reason.status, reason, 0, why, best, len(losses), num_params=5).write(its_folder)


ENDS = {
    "complete": ([StopReason.EPOCHS, StopReason.PATIENCE], TrialState.COMPLETE),
    "pruned": ([StopReason.PRUNED, StopReason.PRUNED], TrialState.PRUNED),
    "diverged": ([StopReason.EPOCHS, StopReason.DIVERGED], TrialState.PRUNED),
    "failed": ([StopReason.FAILED, None], TrialState.FAIL),
    "in training": ([StopReason.EPOCHS, None], None),
    "interrupted": ([StopReason.EPOCHS, StopReason.INTERRUPTED], None),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_records_of_its_runs_tell_how_a_trial_ended(tmp_path: Path, name: str):
    reasons, state = ENDS[name]
    for number, reason in enumerate(reasons):
        recorded(tmp_path, number, reason, [0.75, 0.5 + number])
    trial = optuna.create_study().ask()
    plan = Plan([Objective.of("val/loss")], 1, repeats=2, bounds={"train/loss": 0.5})
    outcome = ended_in(tmp_path, trial, plan)
    if state is None:
        assert outcome is None
        return
    assert outcome is not None
    assert outcome.state == state
    if state == TrialState.COMPLETE:
        assert outcome.values == [(0.5 + 0.75) / 2]
        assert outcome.constraints == {"train/loss": -0.25}
        assert trial.study.trials[0].intermediate_values == {1: 0.75, 2: 1.0}
    if state == TrialState.FAIL:
        assert outcome.attrs["reason"] == "RuntimeError: no"
