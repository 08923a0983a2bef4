"""Columns of texts that many rows share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from src.data.tables.columns.column import Encoded, Encoding
from src.data.tables.values import texts


@dataclass(frozen=True)
class CategoricalColumn:
    """One of several texts. Those that train has too rarely are one category, what is missing another.

    What train does not have at all is one of the rare, or, where there are none, nothing that one-hot numbers tell of.
    """

    name: str
    categories: list[str]
    has_others: bool
    has_missing: bool
    style: str  # onehot or codes
    kind: ClassVar[str] = "categorical"

    @classmethod
    def fit(cls, name: str, train: pd.Series[Any], how: Encoding) -> Self:
        """On the rows of train."""
        counts = Counter(text for text in texts(train) if text is not None)
        common = sorted(text for text, count in counts.items() if count >= how.rare)
        return cls(name, common, len(common) < len(counts), sum(counts.values()) < len(train), how.categories)

    @property
    def places(self) -> list[str]:
        """The categories, in the order of their features or codes."""
        others = ["other"] if self.has_others or self.style == "codes" else []
        return [*others, *self.categories, *(["missing"] if self.has_missing else [])]

    @property
    def features(self) -> list[str]:
        return [self.name] if self.style == "codes" else [f"{self.name} = {place}" for place in self.places]

    @property
    def cardinalities(self) -> list[int]:
        return [len(self.places)] if self.style == "codes" else [0] * len(self.places)

    @property
    def example(self) -> str | None:
        return self.categories[0] if self.categories else None

    def encode(self, values: pd.Series[Any]) -> Encoded:
        places = self.places
        first = len(places) - len(self.categories) - self.has_missing  # 1 where the first is of others
        codes = {text: number for number, text in enumerate(self.categories, first)}
        unknown = 0 if first else len(places)  # the last row of what follows is all 0
        missing = len(places) - 1 if self.has_missing else unknown
        found = np.array([missing if text is None else codes.get(text, unknown) for text in texts(values)], np.int64)
        one_hot = np.vstack([np.eye(len(places)), np.zeros(len(places))])
        return Encoded(found[:, None].astype(np.float64) if self.style == "codes" else one_hot[found], {})
