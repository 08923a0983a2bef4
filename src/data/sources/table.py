"""Tables of your own: CSV, TSV, Parquet, Feather and Excel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Unpack

from pydantic import Field

from src.data.dataset import Dataset
from src.data.source import source
from src.data.splits import SplitSettings
from src.fields import Count, Distinct, Index, OptionalPlace, Place
from src.tasks import Task

ColumnName = str | int | None
Columns = Annotated[list[str | int], Distinct]
Sign = Annotated[str, Field(min_length=1, max_length=1)]


@source
def table(
    *,
    path: Place,
    target: str | int,
    task: Task | None,
    positive: str | int | bool | None,
    columns: dict[str | int, Literal["numeric", "boolean", "categorical", "date", "drop"]],
    drop: Columns,
    scale: Literal["quantile", "standard", "robust", "none"],
    categories: Literal["onehot", "codes"],
    rare: Count,
    group: ColumnName,
    time: ColumnName,
    split: ColumnName,
    val_path: OptionalPlace,
    test_path: OptionalPlace,
    slices: Columns,
    header: Index | None,
    separator: Sign | None,
    decimal: Literal[".", ","] | None,
    encoding: str | None,
    sheet: str | int | None,
    **splits: Unpack[SplitSettings],
) -> Dataset:
    """A table of yours, each column scaled or encoded by its kind; `conf/data/table.yaml` says what each key is.

    Raises OSError, or ValueError naming file, column, row where there is one, and what would be right.
    """
    import hashlib

    from src.data.tables.dataset import Choices, table_dataset
    from src.data.tables.files import Format, check_decimal, check_form, joined, read_table

    form = Format(header, separator, decimal, encoding, sheet)
    check_form(Path(path), form)
    files = {part: Path(file) for part, file in (("train", path), ("val", val_path), ("test", test_path)) if file}
    tables = {part: read_table(file, form) for part, file in files.items()}
    _check_alike(files, tables)
    sign = tables["train"].decimal or "."
    for part, file in files.items():
        check_decimal(file, tables[part], sign)
    given = [part for part, found in tables.items() for _ in range(len(found.frame))] if len(tables) > 1 else None
    choices = Choices(
        target=_named(target, tables["train"].frame),
        task=task,
        positive=None if positive is None else str(positive),
        columns={_named(name, tables["train"].frame): kind for name, kind in columns.items()},
        drop=[_named(name, tables["train"].frame) for name in drop],
        scale=scale,
        categories=categories,
        rare=rare,
        group=_optional(group, tables["train"].frame),
        time=_optional(time, tables["train"].frame),
        split=_optional(split, tables["train"].frame),
        slices=[_named(name, tables["train"].frame) for name in slices],
    )
    digests = [hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files.values()]
    source = f"{', '.join(file.name for file in files.values())} (SHA-256 {', '.join(digests)})"
    frame = joined([found.frame for found in tables.values()])
    name = Path(path).stem
    return table_dataset(name, source, frame, choices, splits, form=form, decimal=sign, given=given)


def _check_alike(files: dict[str, Path], tables: dict[str, Any]) -> None:
    names = set(tables["train"].frame.columns)
    for part, found in tables.items():
        if missing := sorted(names - set(found.frame.columns)):
            raise ValueError(
                f"{files[part]}: must have the columns of {files['train'].name}, but got none named {missing[0]!r}."
            )


def _optional(name: ColumnName, frame: Any) -> str | None:
    return None if name is None else _named(name, frame)


def _named(name: str | int, frame: Any) -> str:
    """A column by its name, or by its number from 0; -1 is the last. Keys on the command line come as text."""
    number = int(name) if re.fullmatch(r"-?\d+", str(name)) and str(name) not in frame.columns else None
    known = number is not None and -len(frame.columns) <= number < len(frame.columns)
    return str(frame.columns[number]) if known else str(name)
