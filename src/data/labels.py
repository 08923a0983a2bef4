"""Labels as people write them, and as a model is trained on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

from src.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor


FEW = 20  # values of a label that is a number: with more it is a quantity


@dataclass(frozen=True)
class TargetScale:
    """Targets of a regression are trained on as (y - mean) / sd, by figures of train; losses are of these, the rest in units."""

    mean: float
    sd: float

    @classmethod
    def fit(cls, targets: Tensor) -> Self:
        """Of train's targets (N,); those that are all one keep sd 1."""
        import torch

        sd, mean = torch.std_mean(targets.double(), correction=0)
        return cls(float(mean), float(sd) or 1.0)

    @classmethod
    def fitted(cls, targets: Tensor, train: Tensor) -> tuple[Tensor, Self]:
        """Targets (N,) as float32, scaled by those of the rows `train`; and the scale."""
        scale = cls.fit(targets[train])
        return scale.scaled(targets).float(), scale

    def scaled(self, targets: Tensor) -> Tensor:
        """As they are trained on."""
        return (targets - self.mean) / self.sd

    def in_units(self, outputs: Tensor) -> Tensor:
        """As people have them."""
        return outputs * self.sd + self.mean


EXACT = 2.0**53  # above, floats are not all the whole numbers
WHOLE = re.compile(r"(-?\d+)[.,]0")  # a whole number, as it is written in a column that lacks some


def text_of(value: Any) -> str:
    """A label's name, the same from whichever file: that of 1, 1.0, "1" and "1.0" is one."""
    if isinstance(value, str):
        text = value.strip()
        return whole[1] if text[-2:] in (".0", ",0") and (whole := WHOLE.fullmatch(text)) else text
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return str(bool(value))
    if isinstance(value, Integral):
        return str(int(value))
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < EXACT else repr(number)


def task_of(labels: Sequence[str], wanted: str) -> Task:
    """`wanted`, or of `auto` what the labels (N,), as `text_of` has them, tell.

    Numbers of more than FEW values, or with a fraction, are a regression; else there are as many classes as values. Raises
    ValueError where labels cannot be of the task.
    """
    values = set(labels)
    numeric = all(_number(value) == _number(value) for value in values)
    if wanted == "regression" and not numeric:
        text = next(value for value in labels if _number(value) != _number(value))
        raise ValueError(f"data.task: must have numbers as labels to be regression, but got {text!r}.")
    if wanted == "regression" or (wanted == "auto" and numeric and (len(values) > FEW or not _whole(values))):
        return "regression"
    if len(values) < 2 or (wanted == "binary" and len(values) > 2):
        rule = "two classes" if wanted == "binary" else "at least two classes"
        raise ValueError(f"data: labels must be of {rule}, but got {len(values)}: {', '.join(sorted(values)[:5])}.")
    return "binary" if wanted != "multiclass" and len(values) == 2 else "multiclass"


def class_names(labels: Sequence[str], positive: str | None) -> tuple[str, ...]:
    """The classes of a task in their order: by number where all are numbers, else by name; of two, `positive` is the second.

    Raises ValueError where `positive` is none of two classes.
    """
    values = set(labels)
    numeric = all(_number(value) == _number(value) for value in values)
    names = sorted(values, key=lambda name: (_number(name) if numeric else 0.0, name))
    if positive is None:
        return tuple(names)
    if len(names) != 2 or text_of(positive) not in names:
        raise ValueError(f"data.positive: must be one of two classes, of {', '.join(names)}, but got {positive!r}.")
    return tuple(sorted(names, key=text_of(positive).__eq__))


def coded(labels: Sequence[Any], task: Task, classes: Sequence[str]) -> tuple[list[float], dict[int, str]]:
    """Class numbers, or targets, NaN where a label is none; and what is wrong with these, by place."""
    numbers, faults = [], {}
    known = {name: float(number) for number, name in enumerate(classes)}
    for place, label in enumerate(labels):
        number = _number(label) if task == "regression" else known.get(text_of(label), float("nan"))
        numbers.append(number)
        if number != number:
            rule = "a number" if task == "regression" else f"one of {', '.join(classes)}"
            faults[place] = f"its label must be {rule}, but got {label!r}"
    return numbers, faults


def _number(label: Any) -> float:
    try:
        return float(label)
    except (TypeError, ValueError):
        return float("nan")


def _whole(values: Iterable[str]) -> bool:
    return all(_number(value).is_integer() for value in values)
