"""What is to be predicted: the task, and which class is 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.choices import one_of
from src.data.labels import text_of
from src.data.tables.values import booleans, numbers, texts
from src.tasks import TASKS, Task

MANY = 20  # different whole numbers, from which on a target is a number and no class
ROWS_OF_EACH = 10  # of a number that is a class, at least, on average


@dataclass(frozen=True)
class Target:
    """The task; `classes` by number; `labels` (N,): class numbers or targets, NaN where there is none."""

    task: Task
    classes: tuple[str, ...]
    labels: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def told(self) -> str:
        """What it is, for people."""
        known = self.labels[~np.isnan(self.labels)]
        if self.task == "regression":
            return f"regression ({known.min():g} to {known.max():g})"
        counts = Counter(known.astype(int).tolist())
        shares = ", ".join(f"{name} {counts[number]:,}" for number, name in enumerate(self.classes))
        positive = f"; positive: {self.classes[1]}" if self.task == "binary" else ""
        return f"{self.task} ({shares}{positive})"


def read_target(column: pd.Series[Any], decimal: str, *, task: str | None, positive: str | None) -> Target:
    """The target that a column is; None: task and positive class are inferred. ValueError where it cannot be what is asked."""
    name = str(column.name)
    if task is not None and task not in TASKS:
        raise ValueError(f"data.task: {one_of(TASKS)}, but got {task!r}.")
    values, bad = numbers(column, decimal)
    if task == "regression" or (task is None and _is_number(values, bad)):
        if wrong := [text for text in bad if text is not None]:
            raise ValueError(
                f"data.target: column {name!r} must hold numbers for a regression, but got {wrong[0][:40]!r}."
            )
        if len(np.unique(values[~np.isnan(values)])) < 2:
            raise ValueError(f"data.target: column {name!r} must have different values, but got one.")
        if positive is not None:
            raise ValueError(f"data.positive: must be null for a regression, but got {positive!r}.")
        return Target("regression", (), values)
    written = texts(column)
    classes = _in_order({text for text in written if text is not None}, written, decimal)
    if len(classes) < 2:
        raise ValueError(
            f"data.target: column {name!r} must have two classes or more, but got {', '.join(classes) or 'none'}."
        )
    if task == "binary" and len(classes) > 2:
        raise ValueError(f"data.task: must be multiclass for {len(classes)} classes in {name!r}, but got binary.")
    if len(classes) > max(MANY, len(written) / 2):
        raise ValueError(
            f"data.target: column {name!r} must hold numbers or classes of several rows each, "
            f"but got {len(classes)} different texts in {len(written)} rows."
        )
    if positive is not None:
        alike = [one for one in classes if one.lower() == text_of(positive).lower()]
        positive = alike[0] if len(alike) == 1 else positive
        if len(classes) > 2 or positive not in classes:
            raise ValueError(f"data.positive: must be one of two classes, {', '.join(classes)}, but got {positive!r}.")
        classes = (*(one for one in classes if one != positive), positive)
    code = {text: float(number) for number, text in enumerate(classes)}
    labels = np.array([np.nan if text is None else code[text] for text in written])
    inferred: Task = "binary" if len(classes) == 2 else "multiclass"
    return Target("multiclass" if task == "multiclass" else inferred, classes, labels)


def _is_number(values: np.ndarray, bad: Sequence[str | None]) -> bool:
    """Texts are classes, and so are few whole numbers."""
    known = values[~np.isnan(values)]
    different = len(np.unique(known))
    if any(text is not None for text in bad) or different <= 2:
        return False
    return bool((known % 1 != 0).any()) or different > min(MANY, len(known) / ROWS_OF_EACH)


def _in_order(classes: set[str], written: list[str | None], decimal: str) -> tuple[str, ...]:
    """No before yes, numbers by size, other texts by letter."""
    if pair := booleans(written):
        return tuple(sorted(classes, key=lambda text: pair[text]))
    values, bad = numbers(pd.Series(sorted(classes), dtype=object), decimal)
    if any(text is not None for text in bad):
        return tuple(sorted(classes))
    return tuple(text for _, text in sorted(zip(values.tolist(), sorted(classes), strict=True)))
