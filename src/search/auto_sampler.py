"""`sampler=auto`: what fits the space and the number of trials. benchmarks/samplers.py holds it beside every other."""

import math
from collections.abc import Mapping

from optuna.distributions import BaseDistribution, CategoricalDistribution

from src.search.samplers import grid_of

AUTO = "auto"
FEW = 6  # numeric parameters, which a Gaussian process learns from as many trials as a search has
MOST = 200  # trials: the next costs it the cube of those before


def fitting_sampler(space: Mapping[str, BaseDistribution], n_trials: int, *, objectives: int) -> tuple[str, str]:
    """The name of a sampler for a search of `n_trials` over `space`, and why it."""
    if (count := _num_settings(space)) <= n_trials:
        return "grid", f"{n_trials} trials can try all {count} settings"
    if objectives > 1:
        return "tpe", f"there are {objectives} objectives"
    if lists := [name for name, one in space.items() if isinstance(one, CategoricalDistribution)]:
        return "tpe", f"{lists[0]} is chosen from a list"
    if len(space) > FEW or n_trials > MOST:
        return "tpe", f"{len(space)} parameters and {n_trials} trials are many for a Gaussian process"
    return (
        "gp",
        f"a Gaussian process suits {len(space)} numeric parameter{'s' * (len(space) > 1)} and {n_trials} trials",
    )


def _num_settings(space: Mapping[str, BaseDistribution]) -> float:
    """How many there are; infinite with an interval among them."""
    try:
        return math.prod(len(grid_of(name, one)) for name, one in space.items())
    except ValueError:
        return math.inf
