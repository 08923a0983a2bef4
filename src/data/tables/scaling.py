"""Scales of numeric columns, fitted on train."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from src.choices import chosen

Array = np.ndarray[Any, np.dtype[Any]]
State = dict[str, list[float]]

QUANTILES = 1000
TAIL = 1e-7  # share of rows beyond the smallest and the largest value of train: 5.2 standard deviations


def _shifted(middle: float, spread: float) -> State:
    return {"shift": [middle], "scale": [spread if spread > 0 and np.isfinite(spread) else 1.0]}


def none(values: Array) -> State:
    """As they are."""
    return _shifted(0.0, 1.0)


def standard(values: Array) -> State:
    """(x - mean) / sd."""
    return _shifted(float(values.mean()), float(values.std()))


def robust(values: Array) -> State:
    """(x - median) / (q75 - q25)."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return _shifted(float(middle), float(high - low) or float(values.std()))


def quantile(values: Array) -> State:
    """Normal quantiles of the ranks in train, between them linear (scikit-learn's QuantileTransformer to a normal)."""
    at = np.linspace(0.0, 1.0, min(QUANTILES, len(values)))
    return {"quantiles": np.quantile(values, at).tolist()}


SCALES: dict[str, Callable[[Array], State]] = {one.__name__: one for one in (quantile, standard, robust, none)}


def fit_scale(name: str, values: Array) -> State:
    """The figures of scale `name` for the finite `values` (N,) of train."""
    return chosen("data.scale", SCALES, name)(values)


def scaled(state: Mapping[str, list[float]], values: Array) -> Array:
    """`values` (N,) scaled; NaN stays NaN."""
    if "shift" in state:
        return (values - state["shift"][0]) / state["scale"][0]
    return _normal_ranks(np.asarray(state["quantiles"]), values)


def _normal_ranks(quantiles: Array, values: Array) -> Array:
    """Ties get the middle of their ranks: the mean of what interpolation gives from both ends."""
    import torch

    at = np.linspace(0.0, 1.0, len(quantiles)) if len(quantiles) > 1 else np.array([0.5])
    upward, downward = np.interp(values, quantiles, at), -np.interp(-values, -quantiles[::-1], -at[::-1])
    ranks = np.clip(0.5 * (upward + downward), TAIL, 1.0 - TAIL)
    return torch.special.ndtri(torch.from_numpy(ranks)).numpy()
