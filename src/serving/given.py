"""What MLflow's server makes of a request, as the plain rows that it was."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(given: Any) -> Any:
    """`given` with the cells out of the arrays that MLflow puts around each; a mapping of single values is one row.

    Numbers that stand beside text, of which NumPy makes text, are numbers again.
    """
    rows = _unwrapped(given)
    if isinstance(rows, dict) and not any(isinstance(values, list | np.ndarray) for values in rows.values()):
        return [rows]
    return rows


def _unwrapped(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {name: _unwrapped(values) for name, values in given.items()}
    if isinstance(given, list):
        return [_unwrapped(one) for one in given]
    if not isinstance(given, np.ndarray):
        return given
    if given.ndim == 0:
        return given.item()
    if given.dtype.kind == "O":
        return [_unwrapped(one) for one in given]
    return _with_numbers(given.tolist()) if given.dtype.kind == "U" else given


def _with_numbers(cells: Any) -> Any:
    """Nested lists of text with numbers where one is written as Python writes it: 007 and 1_000 are text."""
    if isinstance(cells, list):
        return [_with_numbers(one) for one in cells]
    for number in (int, float):
        try:
            if str(value := number(cells)) == cells:
                return value
        except ValueError:
            continue
    return cells
