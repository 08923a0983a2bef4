"""Columns of dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from src.data.tables.columns.column import Array, Encoded, Encoding, TellsGaps, faults
from src.data.tables.scaling import fit_scale, scaled
from src.data.tables.values import dates, is_day_first


@dataclass(frozen=True)
class DateColumn(TellsGaps):
    """Days, scaled; and where in the year and in the week, on circles. What is missing is the median day of train."""

    name: str
    day_first: bool
    median: float
    scale: dict[str, list[float]]
    has_missing: bool
    kind: ClassVar[str] = "date"

    @classmethod
    def fit(cls, name: str, train: pd.Series[Any], how: Encoding) -> Self:
        """On the rows of train."""
        day_first = is_day_first(train)
        days = _days(dates(train, day_first=day_first)[0])
        known = days[~np.isnan(days)]
        known = known if len(known) else np.zeros(1)
        return cls(name, day_first, float(np.median(known)), fit_scale(how.scale, known), bool(np.isnan(days).any()))

    @property
    def numbers(self) -> list[str]:
        circles = [f"{self.name}, {side} of the {period}" for period in ("year", "week") for side in ("sine", "cosine")]
        return [self.name, *circles]

    @property
    def example(self) -> str:
        return (pd.Timestamp(1970, 1, 1) + pd.Timedelta(days=int(self.median))).date().isoformat()

    def encode(self, values: pd.Series[Any]) -> Encoded:
        found, bad = dates(values, day_first=self.day_first)
        days = _days(found)
        missing = np.isnan(days)
        days = np.where(missing, self.median, days)
        angles = [2 * np.pi * days / 365.2425, 2 * np.pi * days / 7.0]
        circles = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        return Encoded(self.with_gaps([scaled(self.scale, days), *circles], missing), faults(self.name, "a date", bad))


def _days(found: pd.Series[Any]) -> Array:
    """Since 1970, with fractions; NaN where there is none."""
    return ((found - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
