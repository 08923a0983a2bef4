"""Labels as people write them, and the numbers that they are."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

from src.tasks import Task

EXACT = 2.0**53  # above, floats are not all the whole numbers
FALSE_TRUE = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("off", "on"), ("nein", "ja"), ("0", "1"))
WHOLE = re.compile(r"(-?\d+)[.,]0")  # a whole number, as it is written in a column that lacks some


@dataclass(frozen=True)
class Labels:
    """Of N rows: `written`, as `text_of` has them, None where there is none; `values`, the numbers that they are, else NaN."""

    written: Sequence[str | None]
    values: Sequence[float]

    @classmethod
    def of(cls, labels: Iterable[Any]) -> Self:
        """Labels each by itself: None is none, and a number is written as Python writes it."""
        written = [None if label is None else text_of(label) for label in labels]
        return cls(written, [number_of(text) for text in written])


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


def paired(found: Iterable[str]) -> dict[str, float]:
    """Which is 0 and which is 1 of the pair that texts are of, such as no and yes, though one may be all that was found."""
    spelled = {text.lower(): text for text in found}
    pair = next((pair for pair in FALSE_TRUE if spelled and spelled.keys() <= set(pair)), ())
    return {spelled.get(text, text): float(number) for number, text in enumerate(pair)}


def number_of(label: Any) -> float:
    """The finite number that a label is; NaN for none."""
    try:
        value = float(label)
    except (TypeError, ValueError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def coded(
    labels: Labels, places: Sequence[int], task: Task, classes: Sequence[str]
) -> tuple[list[float], dict[int, str]]:
    """Of the rows at `places` class numbers, or targets, NaN where a label is none; and what is wrong with a label, by place.

    A label that is missing is not wrong. Small and capital letters are one, unless two classes differ by these alone.
    """
    number_of_class = _by_name(classes)
    numbers, faults = [], {}
    rule = "a number" if task == "regression" else f"one of {', '.join(classes)}"
    for place in places:
        text = labels.written[place]
        number = labels.values[place] if task == "regression" else number_of_class(text or "")
        numbers.append(number)
        if text is not None and math.isnan(number):
            faults[place] = f"its label must be {rule}, but got {text[:40]!r}"
    return numbers, faults


def _by_name(classes: Sequence[str]) -> Callable[[str], float]:
    """From the name of a class to its number; NaN for no class."""
    known = {name: float(number) for number, name in enumerate(classes)}
    counts = Counter(name.lower() for name in classes)
    alike = {name.lower(): number for name, number in known.items() if counts[name.lower()] == 1}
    return lambda text: known.get(text, alike.get(text.lower(), math.nan))
