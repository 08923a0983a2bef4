"""Columns that a model uses: how each becomes numbers, by figures fitted on train. A kind of column, a class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
import pandas as pd

from src.data.tables.scaling import fit_scale, scaled
from src.data.tables.values import booleans, dates, is_day_first, numbers, texts

# Axes: N rows, k features that a column gives.

Array = np.ndarray[Any, np.dtype[Any]]
Values = "pd.Series[Any]"


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


@dataclass(frozen=True)
class NumericColumn:
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
    def features(self) -> list[str]:
        return [self.name, *([f"{self.name} is missing"] if self.has_missing else [])]

    @property
    def cardinalities(self) -> list[int]:
        return [0] * len(self.features)

    @property
    def example(self) -> float:
        return self.median

    def encode(self, values: pd.Series[Any]) -> Encoded:
        found, bad = numbers(values, self.decimal)
        missing = np.isnan(found)
        number = scaled(self.scale, np.where(missing, self.median, found))
        features = [number, missing.astype(np.float64)] if self.has_missing else [number]
        return Encoded(np.stack(features, 1), _faults(self.name, "a number", bad, self.not_numbers))


@dataclass(frozen=True)
class BooleanColumn:
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
        ones = booleans(written) or {text: float(number) for number, text in enumerate(found)}
        if len(found) > 2:
            raise ValueError(f"data.columns: a boolean column must have two values, but got {len(found)} in {name!r}.")
        return cls(name, ones, None in written)

    @property
    def features(self) -> list[str]:
        return [self.name, *([f"{self.name} is missing"] if self.has_missing else [])]

    @property
    def cardinalities(self) -> list[int]:
        return [0] * len(self.features)

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
        features = [number, missing.astype(np.float64)] if self.has_missing else [number]
        return Encoded(np.stack(features, 1), _faults(self.name, f"one of {', '.join(self.ones)}", bad))


@dataclass(frozen=True)
class CategoricalColumn:
    """One of several texts. Those that train has too rarely, or not at all, are one category, what is missing another."""

    name: str
    categories: list[str]
    has_missing: bool
    style: str
    kind: ClassVar[str] = "categorical"

    @classmethod
    def fit(cls, name: str, train: pd.Series[Any], how: Encoding) -> Self:
        """On the rows of train."""
        counts = Counter(text for text in texts(train) if text is not None)
        common = sorted(text for text, count in counts.items() if count >= how.rare)
        return cls(name, common, bool(sum(counts.values()) < len(train)), how.categories)

    @property
    def places(self) -> list[str]:
        """The categories by code: 0 is every other."""
        return ["other", *self.categories, *(["missing"] if self.has_missing else [])]

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
        codes = {text: number for number, text in enumerate(self.categories, 1)}
        missing = len(self.categories) + 1 if self.has_missing else 0
        found = np.array([missing if text is None else codes.get(text, 0) for text in texts(values)])
        features = found[:, None].astype(np.float64) if self.style == "codes" else np.eye(len(self.places))[found]
        return Encoded(features, {})


@dataclass(frozen=True)
class DateColumn:
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
    def features(self) -> list[str]:
        circles = [f"{self.name}, {side} of the {period}" for period in ("year", "week") for side in ("sine", "cosine")]
        return [self.name, *circles, *([f"{self.name} is missing"] if self.has_missing else [])]

    @property
    def cardinalities(self) -> list[int]:
        return [0] * len(self.features)

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
        features = [scaled(self.scale, days), *circles, *([missing.astype(np.float64)] if self.has_missing else [])]
        return Encoded(np.stack(features, 1), _faults(self.name, "a date", bad))


COLUMNS: dict[str, type[Any]] = {one.kind: one for one in (NumericColumn, BooleanColumn, CategoricalColumn, DateColumn)}


def stored_column(column: Column) -> dict[str, Any]:
    """Plain values, from which `restored_column` makes an equal one."""
    return {"kind": column.kind, **asdict(column)}  # type: ignore[call-overload]


def restored_column(state: Mapping[str, Any]) -> Column:
    """The column that `state` was stored of."""
    column: Column = COLUMNS[state["kind"]](**{name: value for name, value in state.items() if name != "kind"})
    return column


def _days(found: pd.Series[Any]) -> Array:
    """Since 1970, with fractions; NaN where there is none."""
    return ((found - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)


def _faults(name: str, rule: str, bad: Sequence[str | None], known: Sequence[str] = ()) -> dict[int, str]:
    wrong = ((place, text) for place, text in enumerate(bad) if text is not None and text not in known)
    return {place: f"column {name!r} must be {rule}, but got {text[:40]!r}" for place, text in wrong}
