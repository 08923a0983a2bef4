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
    """All trials, those that are far worse than most with a loss of `_bound`."""
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if not complete:
        return trials
    signs = np.array([1.0 if direction == StudyDirection.MINIMIZE else -1.0 for direction in study.directions])
    losses = signs * np.array([trial.values for trial in complete])
    bounds = np.apply_along_axis(_bound, 0, losses)
    rows = zip(complete, signs * np.minimum(losses, bounds), (losses > bounds).any(axis=1), strict=True)
    told = {trial.number: _with(trial, values.tolist()) for trial, values, is_far in rows if is_far}
    return [told.get(trial.number, trial) for trial in trials]


def _bound(losses: np.ndarray) -> float:
    """As far beyond the median as `FAR` times the way from the best to it; infinite where there is no way."""
    distinct = np.unique(losses[np.isfinite(losses)])  # else half of all tied as the best would leave none
    if distinct.size < 2:
        return np.inf
    median = float(np.median(distinct))
    return median + FAR * (median - float(distinct[0]))


def _with(trial: FrozenTrial, values: list[float]) -> FrozenTrial:
    other = copy(trial)
    other.values = values
    return other
