"""What is written in a column, read as text, numbers, yes or no, dates. What is not there, or cannot be read, is None or NaN."""

from __future__ import annotations

import re
from collections.abc import Callable
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


def texts(column: pd.Series[Any]) -> list[str | None]:
    """Each value as text without blanks around it; None where nothing is there."""
    codes, found = distinct(column)
    return _spread(found, codes)


def numbers(column: pd.Series[Any], decimal: str) -> tuple[Array, list[str | None]]:
    """float64 (N,), NaN where there is no number; and the texts that should have been one, None elsewhere.

    `decimal` is of numbers that are written as text.
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        beyond = ~np.isnan(values) & ~(np.abs(values) <= LARGEST)
        bad = np.full(len(values), None, dtype=object)
        bad[beyond] = [str(value) for value in values[beyond].tolist()]
        return np.where(beyond, np.nan, values), bad.tolist()
    if column.dtype == object and not _is_text(column):
        column = column.map(_as_written(decimal), na_action="ignore")
    codes, found = distinct(column)
    known = [text for text in found if text is not None]
    parsed = np.full(len(found), np.nan)
    parsed[[text is not None for text in found]] = _parsed(known, decimal)
    wrong = [text if nan else None for text, nan in zip(found, np.isnan(parsed).tolist(), strict=True)]
    return np.append(parsed, np.nan)[codes], _spread(wrong, codes)


def distinct(column: pd.Series[Any]) -> tuple[Array, list[str | None]]:
    """Codes (N,) into the different texts of a column, -1 where nothing is there: what is read once each is read fast.

    Several may be the same text, as 1 and 1.0 are.
    """
    if column.dtype == object and not _is_text(column):  # 1 and True are equal, and lists have no hash
        column = column.map(_written, na_action="ignore")
    codes, values = pd.factorize(column)
    written = [_written(value) for value in values.astype(object)]
    return codes, [None if text.lower() in MISSING else text for text in written]


def dates(column: pd.Series[Any], *, day_first: bool) -> tuple[pd.Series[Any], list[str | None]]:
    """Datetimes without a time zone, NaT where there is none; and the texts that should have been one, None elsewhere."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
        return naive, [None] * len(column)
    codes, found = distinct(column)
    likely = [text if text is not None and looks_dated(text) else None for text in found]  # pandas knows "today", too
    parsed = pd.to_datetime(
        pd.Series([*likely, None], dtype=object), errors="coerce", dayfirst=day_first, format="mixed", utc=True
    ).dt.tz_localize(None)
    wrong = [text if nat else None for text, nat in zip(found, parsed.isna().tolist()[:-1], strict=True)]
    return parsed.iloc[codes].reset_index(drop=True), _spread(wrong, codes)


def is_day_first(column: pd.Series[Any]) -> bool:
    """Whether dates begin with the day: those with points (31.12.2025) do, others where a first part is above 12."""
    firsts = [re.match(r"(\d{1,2})([./-])\d{1,2}\2\d{2,4}", text) for text in distinct(column)[1] if text]
    return any(first is not None and (first[2] == "." or int(first[1]) > 12) for first in firsts)


def looks_dated(text: str) -> bool:
    """Whether a text could be a date: to parse every text as one is slow, and takes numbers for years."""
    return (
        re.match(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(\D|$)|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|\d{8}$", text) is not None
    )


def _written(value: Any) -> str:
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace").strip()
    if isinstance(value, (list, dict, np.ndarray)):
        return str(value)
    try:
        return text_of(value)
    except (TypeError, ValueError, OverflowError):
        return str(value).strip()


def _spread(found: list[str | None], codes: Array) -> list[str | None]:
    """What is known of each different text, by row; None where nothing is there."""
    return np.array([*found, None], dtype=object)[codes].tolist()


def _is_text(column: pd.Series[Any]) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")


def _as_written(decimal: str) -> Callable[[Any], str]:
    """Texts as they are, numbers among them as a text with `decimal` has them."""
    return lambda value: value if isinstance(value, str) else _written(value).replace(".", decimal)


def _parsed(found: list[str], decimal: str) -> Array:
    """float64 (N,), NaN for what is no number."""
    whole = "\n".join(found)
    plain = found and "_" not in whole and not (decimal == "," and "." in whole)
    try:  # all at once, in C, as most columns can be
        values = list(map(float, whole.replace(decimal, ".").split("\n"))) if plain else []
    except ValueError:
        values = []
    if len(values) != len(found):
        values = [_number(text, decimal) for text in found]
    return np.array([value if abs(value) <= LARGEST else np.nan for value in values], dtype=np.float64)


def _number(text: str, decimal: str) -> float:
    if THOUSANDS[decimal].fullmatch(text):
        text = text.replace("." if decimal == "," else ",", "")
    try:
        value = float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return float("nan")
    return value if "_" not in text else float("nan")
