"""Groups of rows that figures are told of apart: values of a column, or quarters of a number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from src.data.tables.values import numbers, texts

MANY = 10  # different values, above which numbers are told by quarters


def slices_of(rows: pd.DataFrame, names: Sequence[str], decimal: str) -> dict[str, list[str]]:
    """By column, each row's group."""
    return {name: _groups(rows[name], decimal) for name in names}


def _groups(column: pd.Series, decimal: str) -> list[str]:
    values, bad = numbers(column, decimal)
    known = values[~np.isnan(values)]
    if any(text is not None for text in bad) or len(np.unique(known)) <= MANY:
        return [text or "missing" for text in texts(column)]
    edges = np.unique(np.quantile(known, (0.0, 0.25, 0.5, 0.75, 1.0)))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return ["missing" if np.isnan(value) else names[one] for value, one in zip(values, place, strict=True)]
