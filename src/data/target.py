"""What is to be predicted, of tables and images alike: the task, the classes, and which of two is positive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from src.choices import one_of
from src.data.labels import booleans, text_of
from src.data.target_scale import TargetScale
from src.tasks import TASKS, Task

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, np.dtype[np.float64]]

MANY = 20  # different whole numbers, from which on a target is a number and no class
ROWS_OF_EACH = 10  # of a number that is a class, at least, on average


@dataclass(frozen=True)
class Target:
    """The task; `classes` by number; `labels` (N,): class numbers or targets, NaN where there is none."""

    task: Task
    classes: tuple[str, ...]
    labels: Array

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

    @property
    def strata(self) -> Tensor | None:
        """Class numbers (N,); None for a regression."""
        import torch

        return None if self.task == "regression" else torch.from_numpy(self.labels).long()

    def outputs(self, train: Tensor) -> tuple[Tensor, TargetScale | None]:
        """What a model is trained on, (N,): class numbers, or targets scaled by those of the rows `train`; and the scale."""
        import torch

        strata = self.strata
        if strata is not None:
            return strata, None
        targets = torch.from_numpy(self.labels)
        scale = TargetScale.fit(targets[train])
        return scale.scaled(targets).float(), scale


def target_of(
    written: Sequence[str | None],
    values: Array,
    wrong: Sequence[str | None],
    *,
    of: str,
    task: str | None,
    positive: str | None,
) -> Target:
    """The target that labels are: `written` (N,) as `text_of` has them, None where there is none; `values` (N,) are the
    numbers that they are, NaN where they are none, and `wrong` the texts that are no numbers, None elsewhere.

    None for `task` and `positive`: they are inferred. Raises ValueError, naming what the labels are `of`, where they
    cannot be what is asked.
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"data.task: {one_of(TASKS)}, but got {task!r}.")
    if task == "regression" or (task is None and _is_number(values, wrong)):
        return _regression(values, wrong, of, positive)
    classes = _in_order(dict(zip(written, values.tolist(), strict=True)))
    _check_classes(classes, len(written), of, task)
    if positive is not None:
        classes = _positive_last(classes, positive)
    code = {text: float(number) for number, text in enumerate(classes)}
    labels = np.array([np.nan if text is None else code[text] for text in written])
    return Target("binary" if len(classes) == 2 and task != "multiclass" else "multiclass", classes, labels)


def _is_number(values: Array, wrong: Sequence[str | None]) -> bool:
    """Texts are classes, and so are few whole numbers."""
    known = values[~np.isnan(values)]
    different = len(np.unique(known))
    if any(text is not None for text in wrong) or different <= 2:
        return False
    return bool((known % 1 != 0).any()) or different > min(MANY, len(known) / ROWS_OF_EACH)


def _regression(values: Array, wrong: Sequence[str | None], of: str, positive: str | None) -> Target:
    if texts := [text for text in wrong if text is not None]:
        raise ValueError(f"{of} must hold numbers for a regression, but got {texts[0][:40]!r}.")
    if len(np.unique(values[~np.isnan(values)])) < 2:
        raise ValueError(f"{of} must have different values, but got one.")
    if positive is not None:
        raise ValueError(f"data.positive: must be null for a regression, but got {positive!r}.")
    return Target("regression", (), values)


def _in_order(found: dict[str | None, float]) -> tuple[str, ...]:
    """No before yes, numbers by size, other texts by letter; `found` has the number that each is."""
    classes = {text: number for text, number in found.items() if text is not None}
    numeric = all(number == number for number in classes.values())
    key = booleans(classes) or (classes if numeric else dict.fromkeys(classes, 0.0))
    return tuple(sorted(classes, key=lambda text: (key[text], text)))


def _check_classes(classes: tuple[str, ...], num_rows: int, of: str, task: str | None) -> None:
    if len(classes) < 2:
        raise ValueError(f"{of} must have two classes or more, but got {', '.join(classes) or 'none'}.")
    if task == "binary" and len(classes) > 2:
        raise ValueError(f"data.task: must be multiclass for {len(classes)} classes, but got binary.")
    if len(classes) > max(MANY, num_rows / 2):
        raise ValueError(
            f"{of} must hold numbers or classes of several rows each, "
            f"but got {len(classes)} different texts in {num_rows} rows."
        )


def _positive_last(classes: tuple[str, ...], positive: str) -> tuple[str, ...]:
    alike = [name for name in classes if name.lower() == text_of(positive).lower()]
    name = alike[0] if len(alike) == 1 else positive
    if len(classes) > 2 or name not in classes:
        raise ValueError(f"data.positive: must be one of two classes, {', '.join(classes)}, but got {positive!r}.")
    return tuple(sorted(classes, key=name.__eq__))
