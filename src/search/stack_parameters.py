"""Which of the parameters decide in which stack a trial trains."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from optuna.distributions import FloatDistribution, IntDistribution

from src.config.schema import Run
from src.search.space import Space

Compose = Callable[[Sequence[str], int], Run]


def splitting(space: Space, compose: Compose, key_of: Callable[[Run], Hashable]) -> list[str]:
    """The parameters whose value decides in which stack a trial trains; `key_of`: what the runs of one stack agree on.

    Raises what is wrong with the first run that it tries, if something is wrong with every one.
    """
    found: list[str] = []
    refused: list[ValueError] = []
    tried = 0
    middle = middles(space)
    for key, distribution in space.searched.items():
        keys = set[Hashable]()
        for value in _inner(distribution):
            tried += 1
            try:
                keys.add(key_of(compose(space.overrides({**middle, key: value}), -1)))
            except ValueError as error:  # not with the others' values: it is more than a number
                refused.append(error)
                keys.add("refused")
        if len(keys) > 1:
            found.append(key)
    if refused and len(refused) == tried:
        raise refused[0]
    return found


def middles(space: Space) -> dict[str, Any]:
    """A value for each parameter, from within."""
    return {key: _inner(distribution)[0] for key, distribution in space.searched.items()}


def _inner(distribution: Any) -> list[Any]:
    """Values of a distribution that tell what it may change: all choices, or two from its middle."""
    if isinstance(distribution, IntDistribution):
        step = max(distribution.step, 1)
        return sorted(
            {distribution.low + step * ((distribution.high - distribution.low) // step // 2), distribution.high}
        )
    if isinstance(distribution, FloatDistribution):
        if distribution.step is not None:
            count = round((distribution.high - distribution.low) / distribution.step)
            return [distribution.low + distribution.step * max(1, count // 2), distribution.high]
        width = distribution.high - distribution.low
        return [distribution.low + width / 3, distribution.low + 2 * width / 3]
    return list(distribution.choices)
