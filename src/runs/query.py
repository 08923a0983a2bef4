"""Questions to the table of runs: which rows, in what order, which columns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import yaml

from src.runs.objective import Objective

TOKEN = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\d[\w.]*|[A-Za-z_][\w./]*""")
EQUALITY = re.compile(r"\s*([\w./]+)=([^=].*)")
QUOTED = re.compile(r"""^(['"])(.*)\1$""", re.DOTALL)
WORDS = {"and", "or", "not", "in", "is", "True", "False", "None"}
SHOWN = ("auroc", "accuracy", "rmse")  # of test, as far as there is one


def asked(
    table: pd.DataFrame, where: Sequence[str] = (), *, sort: str | None = None, columns: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows for which each of `where` holds, by `sort` (`-name`: the largest first), and its `columns` (none: all).

    A condition is an expression as pandas' `query` has it, `experiment == 'xray' and val_auroc > 0.95`, or `name=value`: a
    value as the table has it, a number or a list however it is written, null for what a run has not got. A column goes by
    its last part where that is enough: `lr` for `optimizer.lr`. ValueError, of one line, for another name or an expression
    that cannot be read.
    """
    for condition in where:
        table = _where(table, condition)
    if sort is not None:
        name = column(table, sort.removeprefix("-"), "sort")
        falls = sort.startswith("-")
        table = table.sort_values(name, ascending=not falls, na_position="last", kind="stable", key=_places)
    return table[[column(table, name, "columns") for name in columns]] if columns else table


def column(table: pd.DataFrame, name: str, key: str) -> str:
    """The column that `name` stands for; ValueError, naming `key`, if there is none, or more than one."""
    plain = name.replace("/", "_")
    if plain in table.columns:
        return plain
    by_end: dict[str, list[str]] = {}
    for known in map(str, table.columns):
        by_end.setdefault(known.rpartition(".")[2], []).append(known)
    ends = by_end.get(plain, [])
    if len(ends) != 1:
        near = ends or [one for end in get_close_matches(plain, by_end, 4, 0.4) for one in by_end[end]]
        raise ValueError(
            f"{key}: must name a column (--json tells all), say {', '.join(near) or 'run'}, but got {name!r}."
        )
    return ends[0]


def overview(table: pd.DataFrame) -> dict[str, str]:
    """What a person looks at first, by column with its heading: the run, how good it is, in which settings it differs.

    The most important come first; settings that only some of the runs have are left out, and tell of their data or model.
    """
    test = [f"test_{name}" for name in SHOWN if f"test_{name}" in table and table[f"test_{name}"].notna().any()]
    settings = [name for name in map(str, table.columns) if "." in name or name in ("seed", "epochs", "batch_size")]
    whole = [name for name in settings if table[name].notna().all() and not name.endswith("_target_")]
    differ = [name for name in whole if table[name].nunique() > 1]
    several = [name for name in ("objective", "data", "experiment") if table[name].nunique() > 1]
    return {
        name: name.rpartition(".")[2]
        for name in ("run", "value", *test[:1], *several, *differ, "stop_reason", *test[1:])
    }


def best_first(table: pd.DataFrame) -> pd.DataFrame:
    """By the value of the objective, where all have one; else as they are."""
    objectives = table["objective"].dropna().unique()
    if len(objectives) != 1 or str(objectives[0]).startswith("["):
        return table
    is_least = Objective.of(str(objectives[0])).ascending(1.0) == 1.0
    return table.sort_values("value", ascending=is_least, na_position="last", kind="stable")


def _where(table: pd.DataFrame, condition: str) -> pd.DataFrame:
    if found := EQUALITY.fullmatch(condition):
        return table[_equal(table[column(table, found[1], "where")], found[2])]
    named = TOKEN.sub(lambda token: _named(table, token[0]), condition)
    try:
        rows = table.query(named, engine="python")
    except Exception as error:  # of Python's parser, and whatever an expression does to a column
        raise ValueError(
            f'where: must be a condition on columns, say "val_auroc > 0.9", but got {condition!r}: {" ".join(str(error).split())}'
        ) from error
    return rows


def _equal(values: pd.Series[Any], typed: str) -> pd.Series[bool]:
    """Which of `values` are what is typed: the same text, number, truth value, or list or mapping."""
    if typed in ("null", "~"):
        return values.isna()
    texts = {typed, QUOTED.sub(r"\2", typed), _listed(typed)}
    number, truth = _number(typed), typed.lower()

    def is_typed(value: Any) -> bool:
        if isinstance(value, (bool, np.bool_)):
            return str(value).lower() == truth
        return str(value) in texts or (isinstance(value, Real) and value == number)

    return pd.Series([not pd.isna(value) and is_typed(value) for value in values], values.index, dtype=bool)


def _number(typed: str) -> float:
    try:
        return float(typed)
    except ValueError:
        return math.nan


def _listed(typed: str) -> str:
    """A list or a mapping as the table has it; anything else as it is."""
    for read in (json.loads, yaml.safe_load) if typed[0] in "[{" else ():
        with suppress(ValueError, TypeError, yaml.YAMLError):
            return json.dumps(read(typed))
    return typed


def _places(values: pd.Series[Any]) -> pd.Series[Any]:
    """Of a column of several kinds the place of each: numbers before texts."""
    if values.dtype != object:
        return values
    order = sorted(values.dropna().unique(), key=lambda value: (isinstance(value, str), value))
    return values.map({value: place for place, value in enumerate(order)})


def _named(table: pd.DataFrame, token: str) -> str:
    if token[0] in "'\"`" or token[0].isdigit() or token in WORDS:
        return token
    return f"`{column(table, token, 'where')}`"
