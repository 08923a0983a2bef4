"""The search as a source of jobs: each sampler and pruner by one contract, through stacks that split and that do not."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from optuna.samplers import GridSampler
from optuna.trial import FrozenTrial, TrialState

from benchmarks.closed_form import best_value, open_search, run_slots
from src.runs.job import Job, Place
from src.runs.objective import Objective
from src.runs.outcome import Failed
from src.search.samplers import PRUNERS, SAMPLERS, build_pruner
from src.search.seeded_trial import SeededTrial
from src.search.source import Search

SPACE = ["x=range(-2.0, 2.0, 0.25)", "kind=a,b,c", "fixed=7"]
SHIFT = {"a": 0.0, "b": 0.5, "c": 1.0}
TRIALS, SLOTS = 24, 4
STORAGES = [None, "sqlite"]
IN_STORAGE = [*((name, None) for name in SAMPLERS), ("tpe", "sqlite"), ("grid", "sqlite"), ("nsgaii", "sqlite")]


def bowl(params: Any) -> float:
    assert params["fixed"] == 7
    return float(params["x"]) ** 2 + SHIFT[params["kind"]]


def params_of(search: Search) -> list[dict[str, Any]]:
    return [trial.params for trial in search.trials.all]


def told(trials: list[FrozenTrial]) -> list[Any]:
    return [
        (trial.state, trial.params, trial.values, trial.intermediate_values, trial.user_attrs, trial.system_attrs)
        for trial in trials
    ]


def opened(folder: Path, name: str, *, seed: int = 0, **given: Any) -> Search:
    splits = ("kind",) if given.pop("split", True) else ()
    return open_search(folder, SPACE, sampler=name, n_trials=TRIALS, seed=seed, splits=splits, **given)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("split", [True, False], ids=["split", "whole"])
def test_a_search_is_repeatable_and_inside_its_space(tmp_path: Path, name: str, split: bool):
    first, again, other = (
        opened(tmp_path / str(place), name, seed=seed, split=split) for place, seed in enumerate((1, 1, 2))
    )
    for search in (first, again, other):
        run_slots(search, bowl, SLOTS)
        assert len(search.trials.counted) == TRIALS
        assert {trial.state for trial in search.trials.counted} == {TrialState.COMPLETE}
    assert params_of(first) == params_of(again)
    assert params_of(first) != params_of(other) or name == "qmc"  # Sobol's sequence, unscrambled, has no seed
    assert best_value(first) < 2.0


@pytest.mark.parametrize(("n_trials", "combinations"), [(2, 2), (3, 2), (4, 2), (6, 2), (12, 3)])
def test_a_few_trials_try_several_of_the_combinations_that_split_stacks(
    tmp_path: Path, n_trials: int, combinations: int
):
    """At least so many of three, whatever room the stack has."""
    for slots in (1, SLOTS):
        search = open_search(tmp_path / str(slots), SPACE, sampler="tpe", n_trials=n_trials, splits=("kind",))
        run_slots(search, bowl, slots)
        assert len(search.trials.counted) == n_trials
        assert len({params["kind"] for params in params_of(search)}) >= combinations


@pytest.mark.parametrize(("name", "storage"), IN_STORAGE)
def test_a_search_broken_off_goes_on_without_repeating_itself(tmp_path: Path, name: str, storage: str | None):
    url = storage and f"sqlite:///{tmp_path}/study.db"
    broken = opened(tmp_path, name, storage=url)
    run_slots(broken, bowl, SLOTS, most=9)
    before = {trial.number: (trial.params, trial.values) for trial in broken.trials.counted}
    again = opened(tmp_path, name, storage=url)
    assert {trial.number: (trial.params, trial.values) for trial in again.trials.counted} == before
    run_slots(again, bowl, SLOTS)
    assert len(again.trials.counted) == TRIALS
    kept = opened(tmp_path, name, storage=url).trials.all  # as another process reads it
    assert TrialState.RUNNING not in {trial.state for trial in kept}
    assert told(kept) == told(again.trials.all)
    drawn = [tuple(trial.params.values()) for trial in again.trials.counted]
    if name == "grid":
        assert len(set(drawn)) == TRIALS
    elif name == "qmc":  # the next of a sequence, wherever it was broken off
        straight = opened(tmp_path / "straight", name)
        run_slots(straight, bowl, SLOTS)
        assert sorted(drawn) == sorted(tuple(trial.params.values()) for trial in straight.trials.counted)
    else:
        assert drawn[9:18] != drawn[:9]


@pytest.mark.parametrize("name", [name for name in PRUNERS if name not in ("none", "wilcoxon")])
def test_a_pruner_stops_what_is_worse_and_nothing_better(tmp_path: Path, name: str):
    pruner = build_pruner(name, {"n_startup_trials": 3} if name in ("median", "percentile") else {})
    search = opened(tmp_path, "random", pruner=pruner)
    run_slots(search, bowl, SLOTS, epochs=12)
    counted = search.trials.counted
    assert len(counted) == TRIALS
    pruned = [trial for trial in counted if trial.state == TrialState.PRUNED]
    if name == "patient":  # the loss falls at each epoch: nothing is hopeless
        assert not pruned
        return
    assert pruned
    done = [trial for trial in counted if trial.state == TrialState.COMPLETE]
    assert min(bowl({**trial.params, "fixed": 7}) for trial in done) <= min(
        bowl({**trial.params, "fixed": 7}) for trial in pruned
    )
    assert max(len(trial.intermediate_values) for trial in pruned) < 12


def test_a_grid_is_over_when_every_setting_has_been_tried(tmp_path: Path):
    for most in (2, None):  # broken off, and taken up
        search = open_search(tmp_path, ["x=range(1, 3)", "kind=a,b"], sampler="grid", n_trials=6, splits=["kind"])
        assert isinstance(search.trials.sampler(0), GridSampler)
        run_slots(search, lambda params: float(params["x"]), 4, most=most)
    assert sorted((trial.params["x"], trial.params["kind"]) for trial in search.trials.counted) == [
        (x, kind) for x in (1, 2, 3) for kind in ("a", "b")
    ]


def turns_of(search: Search, slots: int) -> list[list[Job]]:
    """The jobs of each stack, in their order."""
    turns = []
    while (job := search.next(None)) is not None:
        turns.append([job])
        while (more := search.next(Place(job.run.key, slots))) is not None:
            turns[-1].append(more)
        for one in turns[-1]:
            search.keep(one, {"val/loss": 1.0})
            search.end(one, Failed(ValueError("no matter")))
    return turns


def test_a_stack_takes_twice_its_slots_and_then_another_has_its_turn(tmp_path: Path):
    turns = turns_of(opened(tmp_path, "tpe"), slots=1)
    assert max(map(len, turns)) == 2
    assert sum(map(len, turns)) == TRIALS


@pytest.mark.parametrize("name", ["tpe", "random", "gp"])
def test_combinations_that_split_stacks_have_turns(tmp_path: Path, name: str):
    space = ["x=interval(0, 1)", "kind=a,b,c,d", "width=8,16,32", "deep=true,false"]
    search = open_search(tmp_path, space, sampler=name, n_trials=64, splits=["kind", "width", "deep"])
    turns = turns_of(search, slots=16)
    assert [len(turn) for turn in turns] == [4] * 16
    first = [turn[0].run.params for turn in turns[:8]]  # they explore: all values alike, no combination twice
    assert len({tuple(params[name] for name in ("kind", "width", "deep")) for params in first}) == 8
    for name, values, least in (("kind", "abcd", 2), ("width", (8, 16, 32), 2), ("deep", (True, False), 4)):
        assert all(sum(params[name] == value for params in first) >= least for value in values)


def test_few_combinations_are_all_tried(tmp_path: Path):
    search = opened(tmp_path, "tpe")
    run_slots(search, bowl, 16)
    assert {trial.params["kind"] for trial in search.trials.counted} == {"a", "b", "c"}


@pytest.mark.parametrize("in_turn", [False, True], ids=["together", "in_turn"])
def test_a_trial_of_several_seeds_is_worth_their_mean(tmp_path: Path, in_turn: bool):
    search = open_search(tmp_path, ["x=interval(-1, 1)"], sampler="random", n_trials=5, repeats=3, in_turn=in_turn)
    run_slots(search, lambda params: params["x"] + params["seed"], SLOTS, epochs=2)
    assert len(search.trials.counted) == 5
    for trial in search.trials.counted:
        assert trial.value == pytest.approx(trial.params["x"] + 1 + 1 / 2)  # the mean of seeds 0, 1, 2
        assert trial.user_attrs["sd"] == pytest.approx([1.0])
        assert sorted(trial.intermediate_values) == ([1, 2, 3] if in_turn else [1, 2])


def test_repeats_are_pruned_together(tmp_path: Path):
    pruner = build_pruner("median", {"n_startup_trials": 4})
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=16, repeats=2, pruner=pruner)
    run_slots(search, lambda params: params["x"], 4, epochs=10)
    pruned = [trial for trial in search.trials.counted if trial.state == TrialState.PRUNED]
    assert pruned
    assert len(search.trials.counted) == 16


def test_wilcoxon_compares_repeats_in_turn(tmp_path: Path):
    pruner = build_pruner("wilcoxon", {"p_threshold": 0.1, "n_startup_steps": 2})
    search = open_search(
        tmp_path, ["x=interval(0, 9)"], sampler="random", n_trials=12, repeats=8, in_turn=True, pruner=pruner
    )
    run_slots(search, lambda params: params["x"] + 0.01 * params["seed"], 1, epochs=2)
    states = [trial.state for trial in search.trials.counted]
    assert len(states) == 12
    assert TrialState.PRUNED in states
    assert TrialState.COMPLETE in states


def test_figures_that_must_not_be_larger_are_constraints(tmp_path: Path):
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="tpe", n_trials=8, bounds={"val/loss": 0.9})
    run_slots(search, lambda params: params["x"], 2, epochs=2)
    feasible = [trial.value for trial in search.trials.counted if trial.value <= 0.9]
    assert search.trials.study.best_value == min(feasible)
    assert all("val/loss" in trial.constraints for trial in search.trials.counted)


def test_a_figure_that_is_not_a_number_is_against_its_constraint():
    job = Job(0, SimpleNamespace(), Path())  # type: ignore[arg-type]
    repeats = SeededTrial(optuna.trial.FixedTrial({}), [job], [Objective.of("val/loss")], False)  # type: ignore[arg-type]
    figures = {"val/loss": math.nan, "num_params": 5, "stop_reason": "diverged", "best_epoch": None}
    repeats.ended[0] = figures
    outcome = repeats.outcome({"val/loss": 1.0, "num_params": 7})
    assert outcome.state == TrialState.PRUNED
    assert outcome.constraints == {"val/loss": math.inf, "num_params": -2}


def test_no_trial_begins_after_the_timeout(tmp_path: Path):
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=1000, timeout=0.2)
    run_slots(search, lambda params: params["x"], 2)
    assert 0 < len(search.trials.counted) < 1000
    assert not search.open


def test_jobs_lie_in_the_folder_of_their_search(tmp_path: Path):
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=2, repeats=2)
    jobs = [search.next(None) for _ in range(4)]
    assert [job.folder for job in jobs if job] == [tmp_path / str(number) for number in range(4)]


def test_a_stack_of_a_kind_that_no_trial_has_here_gets_none(tmp_path):
    search = open_search(tmp_path, SPACE, sampler="tpe", n_trials=TRIALS)
    assert search.next(None) is not None
    assert search.next(Place("of a worker on another device", SLOTS)) is None


def test_a_trial_whose_stack_cannot_be_told_has_failed_and_the_others_go_on(tmp_path: Path):
    search = opened(tmp_path, "tpe")
    key_of = search.key_of

    def told(run: Any) -> Any:
        if run.params["kind"] == "b":
            raise ValueError("data.path: must be readable")
        return key_of(run)

    search.key_of = told
    run_slots(search, bowl, SLOTS)
    states = {trial.params["kind"]: trial.state for trial in search.trials.counted}
    assert states == {"a": TrialState.COMPLETE, "b": TrialState.FAIL, "c": TrialState.COMPLETE}
    assert len(search.trials.counted) == TRIALS
