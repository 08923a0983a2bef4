"""What the folders of a search tell of trials whose process died."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import yaml

from src import runs
from src.config.loading import load
from src.runs import identity
from src.runs.job import Job
from src.search.seeded_trial import SeededTrial, TrialOutcome, figures_at_best
from src.search.source import Plan

THROUGH = (*identity.ENDED, "failed")  # the ends of a job, whatever its trial does


def ended_in(folder: Path, trial: optuna.Trial, plan: Plan) -> TrialOutcome | None:
    """How a trial ended of which the storage was not told; None if it was still in training.

    What its runs left is reported to it again, as it was while they trained.
    """
    first = trial.number * plan.repeats
    jobs = [job for number in range(first, first + plan.repeats) if (job := _job(folder, number))]
    results = {job.number: runs.read_json(folder / str(job.number) / runs.RESULTS) for job in jobs}
    ended = [job for job in jobs if results[job.number].get("stop_reason") in THROUGH]
    reasons = {results[job.number]["stop_reason"] for job in ended}
    is_cut_off = bool(reasons & {"pruned", "diverged"})
    if "failed" not in reasons and (
        len(ended) < len(jobs) or (len(jobs) < plan.repeats and not is_cut_off) or not jobs
    ):
        return None
    repeats = SeededTrial(trial, jobs, plan.objectives, plan.directions[0], plan.in_turn)
    for job in ended:
        history = runs.read_history(folder / str(job.number))
        for row in history:
            repeats.add(job, row[plan.objectives[0]])
        repeats.end(job, _figures(history, results[job.number]))
    return repeats.ending(plan.bounds)


def _job(folder: Path, number: int) -> Job | None:
    """A job that has begun."""
    config = folder / str(number) / runs.CONFIG
    return Job(number, load(yaml.load(config.read_text(), Loader=yaml.CSafeLoader))) if config.is_file() else None


def _figures(history: list[dict[str, float]], results: Mapping[str, Any]) -> dict[str, Any]:
    if results["stop_reason"] == "failed":
        return {"error": results.get("reason", "")}
    figures = figures_at_best(history, results["best_epoch"], results["num_params"])
    return {**figures, "stop_reason": results["stop_reason"]}
