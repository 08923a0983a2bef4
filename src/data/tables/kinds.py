"""Of which kind each column is: inferred from what it holds, or as the user says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from src.choices import one_of
from src.data.labels import booleans
from src.data.leaks import PERSON_ID
from src.data.tables.columns import COLUMNS
from src.data.tables.values import dates, distinct, is_day_first, looks_dated, numbers, texts

LEFT_OUT = ("id", "constant", "text", "drop")  # kinds that no model sees
KINDS = (*COLUMNS, *LEFT_OUT)
MOSTLY = 0.9  # of the values that are there: a column of so many numbers, or dates, is one of them
MANY = 50  # categories; a column of texts with more of them, most rows having one of their own, is free text
ID = re.compile(r"(?i:(^|[^a-z])(id|uuid|guid|index|nr|no|number|key)$|^unnamed: 0$)|(?<=[a-z])I[Dd]$")


class Kind(NamedTuple):
    """A kind of `KINDS`, and what was seen."""

    kind: str
    note: str = ""


def kind_of(name: str, column: pd.Series[Any], decimal: str) -> Kind:
    """The kind of a column by its values; its name tells ids from other numbers."""
    counts = _counts(column)
    known = sum(counts.values())
    if len(counts) < 2:
        return Kind("constant", f"always {next(iter(counts))!r}" if known == len(column) else "one value")
    if PERSON_ID.fullmatch(name):
        return Kind("id", "says whose a row is")
    gaps = f"{len(column) - known} missing" if known < len(column) else ""
    if booleans(list(counts)):
        return Kind("boolean", gaps)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Kind("categorical", ", ".join(filter(None, (f"{len(counts)} categories", gaps))))
    values, bad = numbers(column, decimal)
    wrong = [text for text in bad if text is not None]
    if len(wrong) <= (1 - MOSTLY) * known:
        if _is_id(name, values, len(counts)):
            return Kind("id", "a number of its own for each row")
        return Kind("numeric", ", ".join(filter(None, (gaps, _odd(wrong, "numbers")))))
    if _might_be_dates(column, counts):
        wrong = _no_dates(column)
        if len(wrong) <= (1 - MOSTLY) * known:
            return Kind("date", ", ".join(filter(None, (gaps, _odd(wrong, "dates")))))
    if len(counts) == known and known > 20:
        return Kind(
            "id" if all(len(text) < 40 and " " not in text for text in counts) else "text", "each row has its own"
        )
    if len(counts) > MANY and len(counts) > known / 2:
        return Kind("text", f"{len(counts)} different texts")
    return Kind("categorical", ", ".join(filter(None, (f"{len(counts)} categories", gaps))))


def kinds_of(frame: pd.DataFrame, decimal: str, said: Mapping[str, str], drop: Sequence[str]) -> dict[str, Kind]:
    """The kind of every column; ValueError where the user names a column or a kind that there is none of."""
    for key, names in (("data.columns", said), ("data.drop", drop)):
        for name in names:
            if name not in frame.columns:
                raise ValueError(f"{key}: {one_of(map(str, frame.columns))}, but got {name!r}.")
    for name, kind in said.items():
        if kind not in KINDS:
            raise ValueError(f"data.columns.{name}: {one_of(KINDS)}, but got {kind!r}.")
    told = {**said, **dict.fromkeys(drop, "drop")}
    return {
        name: _as_told(name, frame[name], told[name], decimal) if name in told else kind_of(name, frame[name], decimal)
        for name in map(str, frame.columns)
    }


def _as_told(name: str, column: pd.Series[Any], kind: str, decimal: str) -> Kind:
    """The kind that the user says; ValueError where no value is of it."""
    if kind not in ("numeric", "date"):
        return Kind(kind, "as you say")
    bad = numbers(column, decimal)[1] if kind == "numeric" else _no_dates(column)
    wrong, what = [text for text in bad if text is not None], "numbers" if kind == "numeric" else "dates"
    if wrong and len(wrong) == sum(text is not None for text in texts(column)):
        raise ValueError(f"data.columns: {name!r} must hold {what} to be {kind}, but got {wrong[0][:40]!r}.")
    return Kind(kind, ", ".join(filter(None, ("as you say", _odd(wrong, what)))))


def _odd(wrong: Sequence[str], what: str) -> str:
    return f"{len(wrong)} are no {what}, such as {wrong[0][:20]!r}: taken for missing" if wrong else ""


def _counts(column: pd.Series[Any]) -> Counter[str]:
    """How often each text stands there."""
    codes, found = distinct(column)
    counts = Counter[str]()
    for text, count in zip(found, np.bincount(codes[codes >= 0], minlength=len(found)).tolist(), strict=True):
        if text is not None:
            counts[text] += count
    return counts


def _is_id(name: str, values: np.ndarray, different: int) -> bool:
    """Whole numbers, each once, that are called so or count the rows."""
    if different < len(values) or len(values) < 20 or np.isnan(values).any() or (values % 1 != 0).any():
        return False
    return ID.search(name) is not None or bool((np.diff(values) == 1).all())


def _might_be_dates(column: pd.Series[Any], counts: Mapping[str, int]) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return True
    return sum(count for text, count in counts.items() if looks_dated(text)) >= MOSTLY * sum(counts.values())


def _no_dates(column: pd.Series[Any]) -> list[str]:
    _, bad = dates(column, day_first=is_day_first(column))
    return [text for text in bad if text is not None]
