"""From a frame and its target to a dataset: kinds of columns, splits, and what is fitted on train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from src.choices import chosen, one_of
from src.data.dataset import Dataset, Split
from src.data.leaks import giveaways, group_leaks, person_leaks, row_leaks, time_leaks
from src.data.preprocessing.table import TableRows
from src.data.splits import PARTS, Known, SplitSettings, split_rows
from src.data.tables.columns import COLUMNS, Encoding
from src.data.tables.files import Format
from src.data.tables.kinds import LEFT_OUT, Kind, kinds_of
from src.data.tables.scaling import SCALES
from src.data.tables.slices import slices_of
from src.data.tables.target import read_target
from src.data.tables.values import dates, is_day_first, numbers, texts
from src.data.target import Target

if TYPE_CHECKING:
    from torch import Tensor

CATEGORIES = ("onehot", "codes")
NAMED = 40  # columns of a kind that are told by name


@dataclass(frozen=True)
class Choices:
    """What the user says of a table; the keys of `conf/data/table.yaml`, which says what each is."""

    target: str
    task: str | None = None
    positive: str | None = None
    columns: Mapping[str, str] | None = None
    drop: Sequence[str] = ()
    scale: str = "quantile"
    categories: str = "onehot"
    rare: int = 10
    group: str | None = None
    time: str | None = None
    split: str | None = None
    slices: Sequence[str] = ()


def table_dataset(
    name: str,
    source: str,
    frame: pd.DataFrame,
    choices: Choices,
    splits: SplitSettings,
    *,
    form: Format,
    decimal: str,
    given: Sequence[str] | None = None,
) -> Dataset:
    """The dataset of `frame`, whose rows are named by number from 1. `given`: each row's split where files say so.

    Rows without a target are left out. Raises ValueError naming the key, the column and what would be right.
    """
    _check(frame, choices)
    told = read_target(frame[choices.target], decimal, task=choices.task, positive=choices.positive)
    kept = np.flatnonzero(~np.isnan(told.labels))
    rows, target = frame.iloc[kept], replace(told, labels=told.labels[kept])
    kinds = _kinds(rows, choices, decimal)
    features = _features(kinds, source, choices.target)
    known = _known(rows, target, choices, decimal, None if given is None else [given[row] for row in kept.tolist()])
    parts = split_rows(len(rows), splits, known)
    encoding = Encoding(choices.scale, choices.categories, choices.rare, decimal)
    fitted_on = rows.iloc[parts["train"].numpy()]
    columns = tuple(COLUMNS[kinds[column].kind].fit(column, fitted_on[column], encoding) for column in features)
    others = tuple(name for name in map(str, frame.columns) if name not in (*features, choices.target))
    intake = TableRows(columns, choices.target, others, form, decimal)
    inputs, (outputs, scale) = _inputs(intake, rows), target.outputs(parts["train"])
    names, slices = [str(row + 1) for row in kept], slices_of(rows, choices.slices, decimal)
    train, val, test = (_split(inputs, outputs, parts[part], names, slices, known) for part in PARTS)
    return Dataset(
        name,
        source,
        target.task,
        train,
        val,
        test,
        classes=target.classes,
        target_scale=scale,
        cardinalities=intake.cardinalities if any(intake.cardinalities) else (),
        preprocessor=intake,
        description=_described(frame, len(rows), choices.target, target, kinds),
        warnings=tuple(_leaks(rows, features, target, parts, known, choices, decimal)),
    )


def _check(frame: pd.DataFrame, choices: Choices) -> None:
    chosen("data.scale", SCALES, choices.scale)
    if choices.categories not in CATEGORIES:
        raise ValueError(f"data.categories: {one_of(CATEGORIES)}, but got {choices.categories!r}.")
    asked = {"target": choices.target, "group": choices.group, "time": choices.time, "split": choices.split}
    for key, name in [*asked.items(), *(("slices", name) for name in choices.slices)]:
        if name is not None and name not in frame.columns:
            raise ValueError(f"data.{key}: {one_of(map(str, frame.columns))}, but got {name!r}.")


def _kinds(rows: pd.DataFrame, choices: Choices, decimal: str) -> dict[str, Kind]:
    """Of each column that does not say what is wanted or how rows are divided."""
    roles = (choices.target, choices.group, choices.time, choices.split)
    columns = rows.drop(columns=list(dict.fromkeys(name for name in roles if name is not None)))
    return kinds_of(columns, decimal, dict(choices.columns or {}), choices.drop)


def _features(kinds: Mapping[str, Kind], source: str, target: str) -> list[str]:
    """The columns that are learned from."""
    if features := [column for column, kind in kinds.items() if kind.kind not in LEFT_OUT]:
        return features
    raise ValueError(
        f"{source}: must have a column that tells something of {target!r}, but got "
        f"{'; '.join(f'{name} ({kind.kind}: {kind.note})' for name, kind in kinds.items()) or 'none'}."
    )


def _known(rows: pd.DataFrame, target: Target, choices: Choices, decimal: str, given: Sequence[str] | None) -> Known:
    """What the table says of how its rows may be divided."""
    return Known(
        strata=target.strata,
        groups=_groups(rows[choices.group]) if choices.group else None,
        times=_times(rows[choices.time], decimal) if choices.time else None,
        given=[text or "" for text in texts(rows[choices.split])] if choices.split else given,
    )


def _inputs(intake: TableRows, rows: pd.DataFrame) -> Tensor:
    """Of every row: what is not of its column's kind counts as missing here."""
    import torch

    encoded = [column.encode(rows[column.name]).features for column in intake.columns]
    return torch.from_numpy(np.concatenate(encoded, 1).astype(np.float32))


def _split(
    inputs: Tensor,
    labels: Tensor,
    rows: Tensor,
    names: Sequence[str],
    slices: Mapping[str, Sequence[str]],
    known: Known,
) -> Split:
    chosen = rows.tolist()
    of_rows = {name: [values[row] for row in chosen] for name, values in slices.items()}
    return Split(inputs[rows], labels[rows], [names[row] for row in chosen], of_rows, known.groups_of(rows))


def _groups(column: pd.Series[Any]) -> list[str | int]:
    """A row without a group is one of its own."""
    return [row if text is None else text for row, text in enumerate(texts(column))]


def _times(column: pd.Series[Any], decimal: str) -> np.ndarray:
    """Something that can be sorted; ValueError, naming the row, where a time is missing."""
    values, bad = numbers(column, decimal)
    if np.isnan(values).any() and (any(bad) or column.notna().any()):
        found, _ = dates(column, day_first=is_day_first(column))
        values = np.where(
            found.isna(), np.nan, found.to_numpy(dtype="datetime64[s]").astype(np.int64).astype(np.float64)
        )
    if (missing := np.flatnonzero(np.isnan(values))).size:
        row = int(missing[0])
        raise ValueError(
            f"data.time: column {column.name!r} must hold a date or number in each row, but got "
            f"{str(column.iloc[row])[:40]!r} in row {int(column.index[row]) + 1}."
        )
    return values


def _leaks(
    rows: pd.DataFrame,
    features: Sequence[str],
    target: Target,
    parts: Mapping[str, Tensor],
    known: Known,
    choices: Choices,
    decimal: str,
) -> Iterator[str]:
    train = parts["train"].numpy()
    yield from row_leaks(rows[features], parts, decimal)
    if known.groups is not None:
        yield from group_leaks(known.groups, parts, str(choices.group))
    else:
        drawn = known.given is None and known.times is None
        yield from person_leaks(rows.drop(columns=choices.target), parts, drawn=drawn)
    if known.times is not None:
        yield from time_leaks(known.times, parts, str(choices.time))
    is_regression = target.task == "regression"
    yield from giveaways(rows[features].iloc[train], target.labels[train], is_regression=is_regression, decimal=decimal)


def _described(frame: pd.DataFrame, num_rows: int, name: str, target: Target, kinds: Mapping[str, Kind]) -> str:
    """What people are shown of the table."""
    shape = f"{num_rows:,} rows, {len(frame.columns)} columns; {name}: {target.told}"
    missing = [_missing(frame[name], len(frame) - num_rows)] if num_rows < len(frame) else []
    return "\n".join([shape, *missing, *_listed(kinds)])


def _missing(target: pd.Series[Any], count: int) -> str:
    """How many rows have no target, and the texts that say so where one may have been meant as a class."""
    gaps = target[[text is None for text in texts(target)]].dropna()
    said = sorted({str(value).strip() for value in gaps} - {""})
    told = f": {', '.join(map(repr, said))} {'counts' if len(said) == 1 else 'count'} as missing" if said else ""
    return f"{count:,} rows have no target and are left out{told}"


def _listed(kinds: Mapping[str, Kind]) -> list[str]:
    """A line for each kind, with the columns of it and what was seen in them."""
    lines = []
    for kind in (*COLUMNS, *LEFT_OUT):
        of_kind = {name: found.note for name, found in kinds.items() if found.kind == kind}
        if of_kind:
            told = [f"{name} ({note})" if note else name for name, note in of_kind.items()]
            more = [f"and {len(told) - NAMED:,} more"] if len(told) > NAMED else []
            named = ", ".join([*told[:NAMED], *more])
            lines.append(f"  {kind}{' (left out)' if kind in LEFT_OUT else ''}, {len(of_kind)}: {named}")
    return lines
