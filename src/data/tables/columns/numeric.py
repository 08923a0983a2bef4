"""Columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from src.data.tables.columns.column import Encoded, Encoding, TellsGaps, faults
from src.data.tables.scaling import fit_scale, scaled
from src.data.tables.values import numbers


@dataclass(frozen=True)
class NumericColumn(TellsGaps):
    """A number, scaled; what is missing is train's median, and says so in a feature of its own if train has any."""

    name: str
    decimal: str
    median: float
    scale: dict[str, list[float]]
    has_missing: bool
    not_numbers: list[str]  # what train has in the place of numbers, taken for missing
    kind: ClassVar[str] = "numeric"

    @classmethod
    def fit(cls, name: str, train: pd.Series[Any], how: Encoding) -> Self:
        """On the rows of train."""
        values, bad = numbers(train, how.decimal)
        known = values[~np.isnan(values)]
        known = known if len(known) else np.zeros(1)
        others = sorted({text for text in bad if text is not None})
        return cls(
            name,
            how.decimal,
            float(np.median(known)),
            fit_scale(how.scale, known),
            bool(np.isnan(values).any()),
            others,
        )

    @property
    def example(self) -> float:
        return self.median

    def encode(self, values: pd.Series[Any]) -> Encoded:
        found, bad = numbers(values, self.decimal)
        missing = np.isnan(found)
        number = scaled(self.scale, np.where(missing, self.median, found))
        return Encoded(self.with_gaps([number], missing), faults(self.name, "a number", bad, self.not_numbers))
