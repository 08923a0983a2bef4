"""A search that fails, is interrupted or killed: what is counted, and what is asked for again."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from optuna.trial import FrozenTrial, TrialState

from benchmarks.closed_form import open_search, run_slots, trained
from src import runs
from src.config.errors import Interrupted
from src.runs.heartbeat import STALE_SECONDS
from src.runs.outcome import Failed
from src.runs.stop_reason import StopReason
from src.search.storage import open_storage

SPACE = ["x=range(-2.0, 2.0, 0.25)", "kind=a,b,c", "fixed=7"]
SLOTS = 4
STORAGES = [None, "sqlite"]


def told(trial: FrozenTrial) -> Any:
    """All that is known of a trial but when it began and ended."""
    return (
        trial.state,
        trial.params,
        trial.values,
        trial.intermediate_values,
        trial.user_attrs,
        trial.system_attrs,
        trial.distributions,
    )


def test_failures_of_an_earlier_start_count(tmp_path: Path):
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=8, max_failure_rate=0.5)
    for _ in range(5):
        search.end(search.next(None), Failed(ValueError("no")))  # type: ignore[arg-type]
    assert search.has_failed
    search.trials.background.flush()
    again = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=8, max_failure_rate=0.5)
    assert again.failures == 5
    assert again.next(None) is None


def test_an_interrupted_job_is_no_failure_and_its_trial_is_asked_for_again(tmp_path: Path):
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=2, repeats=2)
    jobs = [search.next(None), search.next(None)]
    search.keep(jobs[0], {"val/loss": 1.0})  # type: ignore[arg-type]
    for job in jobs:
        search.end(job, Failed(Interrupted(2)))  # type: ignore[arg-type]
    assert search.failures == 0
    assert not search.open
    broken, enqueued = search.trials.all
    assert (broken.state, broken.user_attrs["reaped"]) == (TrialState.FAIL, True)
    assert enqueued.state == TrialState.WAITING
    again = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=2, repeats=2)
    run_slots(again, lambda params: params["x"], 2)
    assert len(again.trials.counted) == 2
    assert again.trials.counted[0].params == broken.params


def test_what_a_killed_search_left_open_is_asked_for_again(tmp_path: Path):
    killed = open_search(tmp_path, SPACE, sampler="grid", n_trials=51)
    jobs = [killed.next(None) for _ in range(3)]
    row = {"val/loss": 1.0, "train/loss": 0.0, "epoch": 1}
    killed.keep(jobs[0], row)  # type: ignore[arg-type]
    killed.trials.ask(killed.space.searched, {})  # killed in the middle of it: nobody ever hears of this one
    again = open_search(tmp_path, SPACE, sampler="grid", n_trials=51)
    assert [trial.state for trial in again.trials.all] == [TrialState.FAIL] * 3 + [TrialState.WAITING] * 3
    run_slots(again, lambda params: float(params["x"]), SLOTS)
    assert len({tuple(trial.params.values()) for trial in again.trials.counted}) == 51


@pytest.mark.parametrize("storage", STORAGES)
def test_an_end_is_in_the_storage_after_the_record_and_known_at_once(tmp_path: Path, storage: str | None):
    url = storage and f"sqlite:///{tmp_path}/study.db"
    search = open_search(tmp_path, ["x=interval(0, 1)"], sampler="random", n_trials=3, storage=url)
    job, recorded = search.next(None), threading.Event()
    search.keep(job, {"val/loss": 1.0})  # type: ignore[arg-type]
    search.trials.background.submit(lambda: recorded.wait() and None)
    search.end(job, trained([{"val/loss": 1.0, "train/loss": 0.0, "epoch": 1}], StopReason.EPOCHS))  # type: ignore[arg-type]
    assert search.next(None) is not None
    study = optuna.load_study(study_name="study", storage=open_storage(url, tmp_path, "study"))
    assert [trial.state for trial in study.trials] == [TrialState.RUNNING] * 2
    assert search.trials.counted[0].value == 1.0
    recorded.set()
    search.trials.background.flush()
    study = optuna.load_study(study_name="study", storage=open_storage(url, tmp_path, "study"))
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.RUNNING]
    assert study.trials[0].intermediate_values == {1: 1.0}
    assert [told(trial) for trial in study.trials] == [told(trial) for trial in search.trials.all]
    search.trials.close()


@pytest.mark.parametrize("storage", STORAGES)
def test_a_study_has_one_living_driver(tmp_path: Path, storage: str | None, monkeypatch: pytest.MonkeyPatch):
    url = storage and f"sqlite:///{tmp_path}/study.db"
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)
    parent = psutil.Process(os.getppid())
    trial = search.trials.ask(search.space.searched, {})
    owner = {**runs.this_process(), "pid": parent.pid, "started": parent.create_time()}
    with monkeypatch.context() as another:
        another.setattr(runs, "this_process", lambda: owner)
        search.trials.begin(trial)
    search.trials.close()
    with pytest.raises(
        ValueError, match="study study: a trial must have one owner, but got a second for trial 0 while"
    ):
        open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)


@pytest.mark.parametrize("storage", STORAGES)
def test_a_search_interrupted_while_it_asks_leaves_no_trial_running(
    tmp_path: Path, storage: str | None, monkeypatch: pytest.MonkeyPatch
):
    url = storage and f"sqlite:///{tmp_path}/study.db"
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)
    assert search.next(None) is not None
    asked = search.trials.study.ask

    def interrupt(space: dict[str, Any]) -> None:
        asked(space)
        raise KeyboardInterrupt

    monkeypatch.setattr(search.trials.study, "ask", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search.next(None)
    search.abandon()
    search.trials.close()
    kept = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url).trials
    states = [trial.state for trial in kept.all]
    assert sorted(states) == sorted([TrialState.FAIL, TrialState.WAITING, TrialState.FAIL])
    assert not kept.counted


def test_a_driver_elsewhere_has_its_study_while_it_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    url = f"sqlite:///{tmp_path}/study.db"
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)
    trial = search.trials.ask(search.space.searched, {})
    owner = {"host": "another", "pids": "another start", "pid": 1, "started": 1.0}
    with monkeypatch.context() as another:
        another.setattr(runs, "this_process", lambda: owner)
        search.trials.begin(trial)
    search.trials.close()
    search.trials.study.set_user_attr("driver", {"process": owner, "seen": time.time()})
    with pytest.raises(
        ValueError, match="a trial must have one owner, but got a second for trial 0 while process 1 on"
    ):
        open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)
    search.trials.study.set_user_attr("driver", {"process": owner, "seen": time.time() - STALE_SECONDS - 1})
    again = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=url)
    assert not again.trials.counted
    again.trials.close()
