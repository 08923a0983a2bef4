"""The target that a column is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from src.data.tables.values import numbers, texts
from src.data.target import Target, target_of


def read_target(column: pd.Series[Any], decimal: str, *, task: str | None, positive: str | None) -> Target:
    """The target that a column is; None: task and positive class are inferred. ValueError where it cannot be what is asked."""
    values, wrong = numbers(column, decimal)
    of = f"data.target: column {str(column.name)!r}"
    return target_of(texts(column), values, wrong, of=of, task=task, positive=positive)
