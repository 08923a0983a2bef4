"""Columns that a model uses: how each becomes numbers, by figures fitted on train. A kind of column, a file."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from src.data.tables.columns.boolean import BooleanColumn
from src.data.tables.columns.categorical import CategoricalColumn
from src.data.tables.columns.column import Column, Encoding
from src.data.tables.columns.date import DateColumn
from src.data.tables.columns.numeric import NumericColumn

__all__ = ["COLUMNS", "Column", "Encoding", "restored_column", "stored_column"]

COLUMNS: dict[str, type[Any]] = {one.kind: one for one in (NumericColumn, BooleanColumn, CategoricalColumn, DateColumn)}


def stored_column(column: Column) -> dict[str, Any]:
    """Plain values, from which `restored_column` makes an equal one."""
    return {"kind": column.kind, **asdict(column)}  # type: ignore[call-overload]


def restored_column(state: Mapping[str, Any]) -> Column:
    """The column that `state` was stored of."""
    column: Column = COLUMNS[state["kind"]](**{name: value for name, value in state.items() if name != "kind"})
    return column
