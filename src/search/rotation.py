"""Whose turn it is, where some parameters split stacks: each of their combinations gets some trials, then another does."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from src.randomness import Purpose, fold, integers, key
from src.search.samplers import grid_of

MOST = 16  # turns of a search: fewer try too little, more leave stacks too small to pay
LEAST = 4  # trials of a turn,
FEWEST = 4  # but so many turns, as far as there are trials and combinations: a few trials must not all have one
DRAWS = 64  # combinations, of which the one whose values had the fewest turns is next


class Rotation:
    """The turns of a search of `n_trials` over `searched`, in which the parameters `splitting` decide on the stack.

    In its first turns a combination is held that had none so far, until each had one or half of the turns are over; then
    the sampler chooses.
    """

    def __init__(
        self, searched: Mapping[str, BaseDistribution], splitting: Sequence[str], n_trials: int, seed: int
    ) -> None:
        self.splitting, self.seed = tuple(splitting), seed
        self.values = {name: values for name in splitting if (values := _listed(name, searched[name]))}
        listed = len(self.values) == len(splitting)
        self.combinations = math.prod(map(len, self.values.values())) if listed else None  # None: no end of them
        few = min(FEWEST, n_trials, self.combinations or FEWEST)
        turns = max(few, min(MOST, n_trials // LEAST, 2 * self.combinations if self.combinations else MOST))
        self.trials = -(-n_trials // turns) if splitting else n_trials  # of a turn
        self.first = turns // 2 if self.combinations is None or self.combinations > turns else self.combinations

    def tried(self, trials: Sequence[FrozenTrial]) -> set[tuple[Any, ...]]:
        """The combinations that `trials` have, in the order of `splitting`."""
        return {tuple(trial.params.get(name) for name in self.splitting) for trial in trials}

    def told(self, trials: Sequence[FrozenTrial]) -> str:
        """How much of the combinations `trials` have tried, for people."""
        of_all = f" of {self.combinations:,}" if self.combinations else ""
        return f"{len(self.tried(trials))}{of_all} combinations of {', '.join(self.splitting)} tried"

    def opening(self, trials: Sequence[FrozenTrial]) -> dict[str, Any]:
        """What is held in the next turn, after `trials`; nothing where the sampler chooses."""
        names, values = list(self.values), list(self.values.values())
        if not names:
            return {}
        tried = {tuple(trial.params.get(name) for name in names) for trial in trials}
        if len(tried) >= self.first:
            return {}
        state = key(self.seed, Purpose.SEARCH, len(trials), 1)
        columns = [integers(fold(state, i), torch.arange(DRAWS), len(one)).tolist() for i, one in enumerate(values)]
        drawn = [tuple(one[i] for one, i in zip(values, row, strict=True)) for row in zip(*columns, strict=True)]
        used: list[Counter[Any]] = [Counter(column) for column in zip(*tried, strict=True)] or [
            Counter() for _ in names
        ]
        fresh = [combination for combination in drawn if combination not in tried]
        if not fresh:
            return {}
        rarest = min(fresh, key=lambda one: sum(count[value] for count, value in zip(used, one, strict=True)))
        return dict(zip(names, rarest, strict=True))


def _listed(name: str, distribution: BaseDistribution) -> list[Any]:
    """All values that a parameter may have; none for an interval, which has no end of them."""
    try:
        return grid_of(name, distribution)
    except ValueError:
        return []
