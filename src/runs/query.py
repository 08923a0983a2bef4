"""Questions to the table of runs: which rows, in what order, which columns."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

import pandas as pd
import yaml

from src.runs.objective import Objective

TOKEN = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\d[\w.]*|[A-Za-z_][\w./]*""")
EQUALITY = re.compile(r"\s*([\w./]+)=([^=].*)")
WORDS = {"and", "or", "not", "in", "is", "True", "False", "None"}
SHOWN = ("auroc", "accuracy", "rmse")  # of test, as far as there is one


def asked(
    table: pd.DataFrame, where: Sequence[str] = (), *, sort: str | None = None, columns: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows for which each of `where` holds, by `sort` (`-name`: the largest first), and its `columns` (none: all).

    A condition is an expression as pandas' `query` has it, `experiment == 'xray' and val_auroc > 0.95`, or `name=value`. A
    column goes by its last part where that is enough: `lr` for `optimizer.lr`. ValueError, of one line, for another name or
    an expression that cannot be read.
    """
    for condition in where:
        table = _where(table, condition)
    if sort is not None:
        name = column(table, sort.removeprefix("-"), "sort")
        table = table.sort_values(name, ascending=not sort.startswith("-"), na_position="last", kind="stable")
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
        name = column(table, found[1], "where")
        value = yaml.safe_load(found[2])
        values = table[name]
        return table[values.isna() if value is None else values == value]
    named = TOKEN.sub(lambda token: _named(table, token[0]), condition)
    try:
        rows = table.query(named, engine="python")
    except Exception as error:  # of Python's parser, and whatever an expression does to a column
        raise ValueError(
            f'where: must be a condition on columns, say "val_auroc > 0.9", but got {condition!r}: {" ".join(str(error).split())}'
        ) from error
    return rows


def _named(table: pd.DataFrame, token: str) -> str:
    if token[0] in "'\"`" or token[0].isdigit() or token in WORDS:
        return token
    return f"`{column(table, token, 'where')}`"
