"""Labels as people write them, and the numbers that they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from src.tasks import Task

EXACT = 2.0**53  # above, floats are not all the whole numbers
FALSE_TRUE = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"), ("nein", "ja"), ("0", "1"))
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


def booleans(written: Iterable[str | None]) -> dict[str, float] | None:
    """Of texts that are a pair such as no and yes: which is 0 and which is 1; None for others."""
    found = {text for text in written if text is not None}
    for pair in FALSE_TRUE:
        if len(found) == 2 and {text.lower() for text in found} == set(pair):
            return {text: float(pair.index(text.lower())) for text in sorted(found)}
    return None


def number_of(label: Any) -> float:
    """The number that a label is; NaN for none."""
    try:
        return float(label)
    except (TypeError, ValueError):
        return float("nan")


def coded(labels: Sequence[Any], task: Task, classes: Sequence[str]) -> tuple[list[float], dict[int, str]]:
    """Class numbers, or targets, NaN where a label is none; and what is wrong with these, by place."""
    numbers, faults = [], {}
    known = {name: float(number) for number, name in enumerate(classes)}
    for place, label in enumerate(labels):
        number = number_of(label) if task == "regression" else known.get(text_of(label), float("nan"))
        numbers.append(number)
        if number != number:
            rule = "a number" if task == "regression" else f"one of {', '.join(classes)}"
            faults[place] = f"its label must be {rule}, but got {label!r}"
    return numbers, faults
