"""What a column is that a model uses: a name, features, and how its values become these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import pandas as pd

# Axes: N rows, k features that a column gives.

Array = np.ndarray[Any, np.dtype[Any]]


class Encoded(NamedTuple):
    """Features (N, k) float64, and what is wrong with a row, by place."""

    features: Array
    faults: Mapping[int, str]


@dataclass(frozen=True)
class Encoding:
    """How columns are encoded: a scale of `scaling.SCALES`; categories that fewer than `rare` rows of train have are one."""

    scale: str
    categories: str  # onehot or codes
    rare: int
    decimal: str


class Column(Protocol):
    """A column as a model uses it."""

    kind: ClassVar[str]
    name: str

    @property
    def features(self) -> list[str]:
        """What its features are called."""
        ...

    @property
    def cardinalities(self) -> list[int]:
        """Of each feature: 0 of a number, else how many codes."""
        ...

    @property
    def example(self) -> float | str | None:
        """A value as a row may have it, made up of what is known of train as a whole."""
        ...

    def encode(self, values: pd.Series[Any]) -> Encoded:
        """The features of each row."""
        ...


class TellsGaps:
    """A column of numbers whose gaps, where train has any, are a feature of their own."""

    name: str
    has_missing: bool

    @property
    def numbers(self) -> list[str]:
        """What its numbers are called."""
        return [self.name]

    @property
    def features(self) -> list[str]:
        """Its numbers, and whether they are missing."""
        return [*self.numbers, *([f"{self.name} is missing"] if self.has_missing else [])]

    @property
    def cardinalities(self) -> list[int]:
        """All are numbers."""
        return [0] * len(self.features)

    def with_gaps(self, numbers: Sequence[Array], missing: Array) -> Array:
        """(N, k) of its `numbers` (N,) and of where they are `missing` (N,)."""
        return np.stack([*numbers, *([missing.astype(np.float64)] if self.has_missing else [])], 1)


def faults(name: str, rule: str, bad: Sequence[str | None], known: Sequence[str] = ()) -> dict[int, str]:
    """What is wrong with the values `bad` (N,) of a column, by place; those that are `known` are not."""
    wrong = ((place, text) for place, text in enumerate(bad) if text is not None and text not in known)
    return {place: f"column {name!r} must be {rule}, but got {text[:40]!r}" for place, text in wrong}
