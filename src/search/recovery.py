"""What the folders of a search tell of trials whose process died."""

import logging
from pathlib import Path
from typing import Any

import optuna

from src import runs
from src.config.loading import load
from src.disk import DamagedError
from src.runs.job import Job
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.search.seeded_trial import CUT_OFF, SeededTrial, TrialOutcome, figures_at_best
from src.search.source import Plan

log = logging.getLogger(__name__)


def ended_in(folder: Path, trial: optuna.Trial, plan: Plan) -> TrialOutcome | None:
    """How a trial ended of which the storage was not told; None if it was still in training.

    What its runs left is reported to it again, as it was while they trained.
    """
    try:
        return _ended_in(folder, trial, plan)
    except DamagedError as error:
        log.warning("%s Trial %d is trained again.", error, trial.number)
        return None


def _ended_in(folder: Path, trial: optuna.Trial, plan: Plan) -> TrialOutcome | None:
    first = trial.number * plan.repeats
    jobs = [job for number in range(first, first + plan.repeats) if (job := _job(folder, number))]
    ended = [(job, results) for job in jobs if (results := _results_of_end(job)) is not None]
    reasons = {results.stop_reason for _, results in ended}
    if StopReason.FAILED not in reasons and not _is_over(len(jobs), len(ended), reasons, plan.repeats):
        return None
    repeats = SeededTrial(trial, jobs, plan.objectives, plan.in_turn)
    for job, results in ended:
        history = runs.read_history(job.folder)
        for row in history:
            repeats.add(job, row[plan.objectives[0].name])
        repeats.end(job, _figures(history, results))
    return repeats.outcome(plan.bounds)


def _is_over(begun: int, ended: int, reasons: set[StopReason], repeats: int) -> bool:
    """Whether all that had begun has ended, and nothing more would have begun."""
    return 0 < ended == begun and (begun == repeats or bool(reasons & CUT_OFF))


def _job(folder: Path, number: int) -> Job | None:
    """A job that has begun."""
    its_folder = folder / str(number)
    config = its_folder / runs.CONFIG
    if not config.is_file():
        return None
    return Job(number, load(runs.read_yaml(config)), its_folder)


def _results_of_end(job: Job) -> Results | None:
    """Those of a job that came to an end or failed, whatever its trial does."""
    results = Results.read(job.folder)
    return None if results is None or results.stop_reason == StopReason.INTERRUPTED else results


def _figures(history: list[dict[str, float]], results: Results) -> dict[str, Any]:
    if results.stop_reason == StopReason.FAILED:
        return {"error": results.reason or ""}
    assert results.num_params is not None
    figures = figures_at_best(history, results.best_epoch, results.num_params)
    return {**figures, "stop_reason": results.stop_reason}
