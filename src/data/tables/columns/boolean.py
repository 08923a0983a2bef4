"""Columns of two values, such as no and yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from src.data.labels import paired
from src.data.tables.columns.column import Encoded, Encoding, TellsGaps, faults
from src.data.tables.values import texts


@dataclass(frozen=True)
class BooleanColumn(TellsGaps):
    """0 or 1; what is missing lies between, and says so in a feature of its own if train has any."""

    name: str
    ones: dict[str, float]
    has_missing: bool
    kind: ClassVar[str] = "boolean"

    @classmethod
    def fit(cls, name: str, train: pd.Series[Any], how: Encoding) -> Self:
        """On the rows of train. ValueError if it has other than two values."""
        written = texts(train)
        found = sorted({text for text in written if text is not None})
        ones = paired(found) or {text: float(number) for number, text in enumerate(found)}
        if len(found) > 2:
            raise ValueError(f"data.columns: a boolean column must have two values, but got {len(found)} in {name!r}.")
        return cls(name, ones, None in written)

    @property
    def example(self) -> str | None:
        return next(iter(self.ones), None)

    def encode(self, values: pd.Series[Any]) -> Encoded:
        written = texts(values)
        alike = {text.lower(): number for text, number in self.ones.items()}
        found = np.array(
            [np.nan if text is None else alike.get(text.lower(), np.nan) for text in written], dtype=np.float64
        )
        bad = [text if np.isnan(value) else None for text, value in zip(written, found, strict=True)]
        missing = np.isnan(found)
        number = np.where(missing, 0.5, found)
        return Encoded(self.with_gaps([number], missing), faults(self.name, f"one of {', '.join(self.ones)}", bad))
