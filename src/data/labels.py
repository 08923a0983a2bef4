"""Labels as people write them, and as a model is trained on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

from src.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """Targets of a regression are trained on as (y - mean) / sd, by figures of train; losses are of these, the rest in units."""

    mean: float
    sd: float

    @classmethod
    def fit(cls, train: Tensor) -> Self:
        """On train's targets (N,)."""
        values = train.double()
        return cls(float(values.mean()), float(values.std(correction=0)) or 1.0)

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
