"""Optuna's Gaussian process, which is told that a trial was far worse than most, and not by how much."""

from copy import copy
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import GPSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from src.search.view import View

FAR = 2.0  # times the way from the best trial to the median, beyond the median


class GaussianProcess(GPSampler):
    """Optuna's, of winsorized losses.

    It divides them by their standard deviation: one trial whose training all but diverged would leave no difference between
    the others (`python -m benchmarks.samplers task=diabetes`).
    """

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        view: Any = View(study, winsorized)
        params: dict[str, Any] = super().sample_relative(view, trial, search_space)
        return params


def winsorized(study: Study) -> list[FrozenTrial]:
    """All trials, of which those that are worse than the median by over `FAR` times what the best is better have that loss."""
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if not complete:
        return trials
    signs = np.array([1.0 if direction == StudyDirection.MINIMIZE else -1.0 for direction in study.directions])
    losses = signs * np.array([trial.values for trial in complete])
    median, best = np.median(losses, axis=0), losses.min(axis=0)
    with np.errstate(invalid="ignore"):  # of infinite losses, which Optuna bounds
        bounds = np.where(np.isfinite(median), median + FAR * (median - best), np.inf)
    rows = zip(complete, signs * np.minimum(losses, bounds), (losses > bounds).any(axis=1), strict=True)
    told = {trial.number: _with(trial, values.tolist()) for trial, values, is_far in rows if is_far}
    return [told.get(trial.number, trial) for trial in trials]


def _with(trial: FrozenTrial, values: list[float]) -> FrozenTrial:
    other = copy(trial)
    other.values = values
    return other
