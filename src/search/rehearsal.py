"""A search rehearsed in memory, with nothing trained: what its sampler or its pruner cannot do is told before it begins."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from src.metrics import Direction

TRIALS = 12  # Optuna's samplers draw the first ten at random
EPOCHS = 3


def rehearse(
    sampler: BaseSampler, pruner: BasePruner, space: Mapping[str, BaseDistribution], directions: Sequence[Direction]
) -> None:
    """Ask for some trials, report and tell them. Raises ValueError, naming the key, for what raises on the way."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        _rehearse(sampler, pruner, dict(space), list(directions))
    finally:
        optuna.logging.set_verbosity(level)


def _rehearse(
    sampler: BaseSampler, pruner: BasePruner, space: dict[str, BaseDistribution], directions: list[Direction]
) -> None:
    study = optuna.create_study(directions=directions, sampler=sampler, pruner=pruner)
    study.stop = lambda: None  # type: ignore[method-assign]  # of a sampler that is through
    for number in range(TRIALS):
        with _told("hydra.sweeper.sampler", sampler):
            trial = study.ask(space)
        for epoch in range(1, EPOCHS + 1) if len(directions) == 1 else ():
            with _told("hydra.sweeper.pruner", pruner):
                trial.report(1.0 / (number + epoch), epoch)
                trial.should_prune()
        with _told("hydra.sweeper.sampler", sampler):
            study.tell(trial, [float(number)] * len(directions))


@contextmanager
def _told(key: str, strategy: object) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # Optuna checks few of its settings, and a class of a user's own may raise anything
        name = type(strategy).__name__
        raise ValueError(
            f"{key}: {name} must do its work with these settings, but got {type(error).__name__}: {error}"
        ) from error
