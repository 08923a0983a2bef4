"""Samplers and pruners by name."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from optuna import Study, pruners, samplers
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from src.search.gaussian_process import GaussianProcess


class Grid(samplers.GridSampler):
    """Optuna's, without its ending `study.optimize` when it is through; `num_settings`: how many settings it has."""

    def __init__(self, grid: Mapping[str, Sequence[Any]], seed: int, **settings: Any) -> None:
        super().__init__(grid, seed=seed, **settings)
        self.num_settings = math.prod(map(len, grid.values()))

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        pass


CONDITIONED = ("tpe", "random", "gp")  # they sample some parameters well where others are held fixed
MOST = 10**6  # values of a parameter that are all written down
CONSTANT = ("grid", "qmc")  # their seed decides the whole sequence, of which each trial takes the next


def build_sampler(
    name: str, settings: Mapping[str, Any], space: Mapping[str, BaseDistribution], seed: int
) -> BaseSampler:
    """The sampler `name` with Optuna's own `settings`; ValueError for an unknown name or setting."""
    if name not in SAMPLERS:
        raise ValueError(f"hydra.sweeper.sampler: must be one of {', '.join(SAMPLERS)}, but got {name!r}.")
    try:
        with _no_remarks():
            return SAMPLERS[name](space, seed, dict(settings))
    except (TypeError, ValueError) as error:
        if name == "grid" and isinstance(error, ValueError):
            raise  # of the space, whose key it names
        raise ValueError(
            f"hydra.sweeper.sampler: {name} must know its settings, but got {settings} ({error})."
        ) from error


def holding(sampler: BaseSampler, fixed: Mapping[str, Any]) -> BaseSampler:
    """`sampler`, with some parameters held fixed."""
    with _no_remarks():
        return samplers.PartialFixedSampler(dict(fixed), sampler)


def build_pruner(name: str, settings: Mapping[str, Any]) -> BasePruner:
    """The pruner `name` with Optuna's own `settings`; ValueError for an unknown name or setting."""
    for one in (name, settings.get("wrapped")):
        if one and one not in PRUNERS:
            raise ValueError(f"hydra.sweeper.pruner: must be one of {', '.join(PRUNERS)}, but got {one!r}.")
    try:
        with _no_remarks():
            return PRUNERS[name](**settings)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"hydra.sweeper.pruner: {name} must know its settings, but got {settings} ({error})."
        ) from error


def grid_of(key: str, distribution: BaseDistribution) -> list[Any]:
    """Every setting of one key, both ends of a range included; ValueError for an interval, which has no end of them."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return list(_listed(key, range(distribution.low, distribution.high + 1, distribution.step)))
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        count = round((distribution.high - distribution.low) / distribution.step)
        indices = _listed(key, range(count + 1))
        return [min(distribution.high, distribution.low + index * distribution.step) for index in indices]
    raise ValueError(f"{key}: must be a choice or a range for the sampler grid, but got an interval.")


def _listed(key: str, values: range) -> range:
    if (count := (values.stop - values.start) // values.step) > MOST:
        raise ValueError(f"{key}: must be a range of at most {MOST:,} values for the sampler grid, but got {count:,}.")
    return values


@contextmanager
def _no_remarks() -> Iterator[None]:
    """That a sampler or pruner may still change, or a setting will go, is for us to watch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _grid(space: Mapping[str, BaseDistribution], seed: int, settings: dict[str, Any]) -> BaseSampler:
    grid = {key: grid_of(key, distribution) for key, distribution in space.items()}
    return Grid(grid, seed=seed, **settings)


def _seeded(
    kind: Callable[..., BaseSampler],
) -> Callable[[Mapping[str, BaseDistribution], int, dict[str, Any]], BaseSampler]:
    return lambda space, seed, settings: kind(**{"seed": seed, **settings})


SAMPLERS = {
    "tpe": _seeded(samplers.TPESampler),
    "random": _seeded(samplers.RandomSampler),
    "grid": _grid,
    "cmaes": _seeded(samplers.CmaEsSampler),
    "gp": _seeded(GaussianProcess),
    "qmc": _seeded(samplers.QMCSampler),
    "nsgaii": _seeded(samplers.NSGAIISampler),
}
PRUNERS: dict[str, Callable[..., BasePruner]] = {
    "none": pruners.NopPruner,
    # Optuna's own `auto` holds the epoch that a trial is in when the first one ends against the first epochs of others.
    "halving": lambda min_resource=1, **settings: pruners.SuccessiveHalvingPruner(min_resource, **settings),
    "hyperband": pruners.HyperbandPruner,
    "median": pruners.MedianPruner,
    "percentile": lambda percentile=25.0, **settings: pruners.PercentilePruner(percentile, **settings),
    "patient": lambda patience=5, wrapped="median", **settings: pruners.PatientPruner(
        build_pruner(wrapped, {}) if wrapped else None, patience, **settings
    ),
    "wilcoxon": pruners.WilcoxonPruner,
}
