"""What is written in a column, read as text, numbers, yes or no, dates. What is not there, or cannot be read, is None or NaN."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from src.data.labels import text_of

Array = np.ndarray[Any, np.dtype[Any]]

MISSING = frozenset(
    ("", "?", "-", "na", "n/a", "#n/a", "nan", "-nan", "<na>", "null", "none", "nil")
)  # in small letters
LARGEST = 1e30  # numbers beyond it are none: float32 ends at 3e38, and squares are taken
THOUSANDS = {".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"), ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")}
FALSE_TRUE = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"), ("nein", "ja"), ("0", "1"))


def texts(column: pd.Series[Any]) -> list[str | None]:
    """Each value as text without blanks around it; None where nothing is there."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    here = column.notna().tolist()
    written = [_written(value) if there else "" for value, there in zip(column.tolist(), here, strict=True)]
    return [None if text.lower() in MISSING else text for text in written]


def numbers(column: pd.Series[Any], decimal: str) -> tuple[Array, list[str | None]]:
    """float64 (N,), NaN where there is no number; and the texts that should have been one, None elsewhere."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not isinstance(column.dtype, pd.CategoricalDtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        beyond = ~np.isnan(values) & ~(np.abs(values) <= LARGEST)
        bad = [str(value) if wrong else None for value, wrong in zip(values.tolist(), beyond.tolist(), strict=True)]
        return np.where(beyond, np.nan, values), bad
    written = texts(column)
    values = np.array([_number(text, decimal) if text is not None else np.nan for text in written], dtype=np.float64)
    return values, [text if nan else None for text, nan in zip(written, np.isnan(values).tolist(), strict=True)]


def booleans(written: list[str | None]) -> dict[str, float] | None:
    """Of texts that are a pair such as no and yes: which is 0 and which is 1; None for others."""
    found = {text for text in written if text is not None}
    for pair in FALSE_TRUE:
        if len(found) == 2 and {text.lower() for text in found} == set(pair):
            return {text: float(pair.index(text.lower())) for text in sorted(found)}
    return None


def dates(column: pd.Series[Any], *, day_first: bool) -> tuple[pd.Series[Any], list[str | None]]:
    """Datetimes without a time zone, NaT where there is none; and the texts that should have been one, None elsewhere."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
        return naive, [None] * len(column)
    written = texts(column)
    found = pd.to_datetime(
        pd.Series(written, dtype=object), errors="coerce", dayfirst=day_first, format="mixed", utc=True
    )
    found = found.dt.tz_localize(None)
    return found, [text if nat else None for text, nat in zip(written, found.isna().tolist(), strict=True)]


def is_day_first(written: list[str | None]) -> bool:
    """Whether dates begin with the day: those with points (31.12.2025) do, others where a first part is above 12."""
    firsts = [re.match(r"(\d{1,2})([./-])\d{1,2}\2\d{2,4}", text) for text in written if text]
    return any(first is not None and (first[2] == "." or int(first[1]) > 12) for first in firsts)


def looks_dated(text: str) -> bool:
    """Whether a text could be a date: to parse every text as one is slow, and takes numbers for years."""
    return re.match(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(\D|$)|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}", text) is not None


def _written(value: Any) -> str:
    if isinstance(value, (bytes, list, dict, np.ndarray)):
        return str(value)
    try:
        return text_of(value)
    except (TypeError, ValueError, OverflowError):
        return str(value).strip()


def _number(text: str, decimal: str) -> float:
    if THOUSANDS[decimal].fullmatch(text):
        text = text.replace("." if decimal == "," else ",", "")
    try:
        value = float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return float("nan")
    return value if abs(value) <= LARGEST and "_" not in text else float("nan")
