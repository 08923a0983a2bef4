"""What a run is judged by: which of two values is better, and the best so far."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from src.metrics import DIRECTIONS


@dataclass(frozen=True)
class Objective:
    """A figure by its name, and whether it is to be minimised."""

    name: str
    minimize: bool

    @classmethod
    def of(cls, name: str) -> Self:
        """As the table of metrics has it."""
        return cls(name, DIRECTIONS[name] == "minimize")

    def is_better(self, value: float, than: float) -> bool:
        """Whether `value` is better; anything is better than NaN, and NaN is better than nothing."""
        if math.isnan(value) or math.isnan(than):
            return math.isnan(than) and not math.isnan(value)
        return value < than if self.minimize else value > than

    def best(self, values: Iterable[float]) -> float:
        """The best of `values`; NaN if there is none."""
        found = [value for value in values if not math.isnan(value)]
        return (min if self.minimize else max)(found, default=math.nan)

    def ascending(self, value: float) -> float:
        """A key that sorts the best first and NaN last."""
        return math.inf if math.isnan(value) else value if self.minimize else -value
