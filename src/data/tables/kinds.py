"""Of which kind each column is: inferred from what it holds, or as the user says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from src.choices import one_of
from src.data.tables.columns import COLUMNS
from src.data.tables.values import booleans, dates, is_day_first, looks_dated, numbers, texts

LEFT_OUT = ("id", "constant", "text", "drop")  # kinds that no model sees
KINDS = (*COLUMNS, *LEFT_OUT)
MOSTLY = 0.9  # of the values that are there: a column of so many numbers, or dates, is one of them
MANY = 50  # categories; a column of texts with more of them, most rows having one of their own, is free text
ID = re.compile(r"(^|[^a-z])(id|uuid|guid|index|nr|no|number|key)$|(?<=[a-z])ID$|^unnamed: 0$", re.IGNORECASE)


class Kind(NamedTuple):
    """A kind of `KINDS`, and what was seen."""

    kind: str
    note: str = ""


def kind_of(name: str, column: pd.Series[Any], decimal: str) -> Kind:
    """The kind of a column by its values; its name tells ids from other numbers."""
    written = texts(column)
    there = [text for text in written if text is not None]
    distinct = Counter(there)
    if len(distinct) < 2:
        return Kind(
            "constant", f"always {next(iter(distinct))!r}" if distinct and len(there) == len(written) else "one value"
        )
    gaps = f"{len(written) - len(there)} missing" if len(there) < len(written) else ""
    if booleans(written):
        return Kind("boolean", gaps)
    values, bad = numbers(column, decimal)
    wrong = [text for text in bad if text is not None]
    if len(wrong) <= (1 - MOSTLY) * len(there):
        if _is_id(name, values, len(distinct)):
            return Kind("id", "a number of its own for each row")
        odd = f"{len(wrong)} are no numbers, such as {wrong[0][:20]!r}: taken for missing" if wrong else ""
        return Kind("numeric", ", ".join(filter(None, (gaps, odd))))
    if _are_dates(column, there):
        return Kind("date", gaps)
    if len(distinct) == len(there) and len(there) > 20:
        return Kind(
            "id" if all(len(text) < 40 and " " not in text for text in there) else "text", "each row has its own"
        )
    if len(distinct) > MANY and len(distinct) > len(there) / 2:
        return Kind("text", f"{len(distinct)} different texts")
    return Kind("categorical", ", ".join(filter(None, (f"{len(distinct)} categories", gaps))))


def kinds_of(frame: pd.DataFrame, decimal: str, said: Mapping[str, str], drop: Sequence[str]) -> dict[str, Kind]:
    """The kind of every column; ValueError where the user names a column or a kind that there is none of."""
    for key, names in (("data.columns", said), ("data.drop", drop)):
        for name in names:
            if name not in frame.columns:
                raise ValueError(f"{key}: {one_of(map(str, frame.columns))}, but got {name!r}.")
    for name, kind in said.items():
        if kind not in KINDS:
            raise ValueError(f"data.columns.{name}: {one_of(KINDS)}, but got {kind!r}.")
    told = {name: Kind(kind, "as you say") for name, kind in {**said, **dict.fromkeys(drop, "drop")}.items()}
    return {name: told.get(name) or kind_of(name, frame[name], decimal) for name in map(str, frame.columns)}


def _is_id(name: str, values: np.ndarray, distinct: int) -> bool:
    """Whole numbers, each once, that are called so or count the rows."""
    if distinct < len(values) or len(values) < 20 or np.isnan(values).any() or (values % 1 != 0).any():
        return False
    return ID.search(name) is not None or bool((np.diff(values) == 1).all())


def _are_dates(column: pd.Series[Any], there: Sequence[str]) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return True
    likely = sum(map(looks_dated, there))
    if likely < MOSTLY * len(there):
        return False
    _, bad = dates(column, day_first=is_day_first(list(there)))
    return sum(text is not None for text in bad) <= (1 - MOSTLY) * len(there)
