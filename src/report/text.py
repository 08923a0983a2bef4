"""Numbers, times and tables as HTML."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from src.statistics.rounding import FLOAT, short


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; the columns of `numbers` stand flush right."""
    right = set(numbers)

    def line(cells: Sequence[str], tag: str) -> str:
        looks = (' class="n"' if place in right else "" for place in range(len(cells)))
        return "".join(f"<{tag}{look}>{cell}</{tag}>" for cell, look in zip(cells, looks, strict=True))

    body = "".join(f"<tr>{line(row, 'td')}</tr>\n" for row in rows)
    top = f"<thead><tr>{line(head, 'th')}</tr></thead>\n" if head else ""
    return f'<div class="scroll" tabindex="0"><table>{top}<tbody>{body}</tbody></table></div>'


def setting(text: Any) -> str:
    """A setting, of a float that a search drew four digits."""
    if text is None or text != text:
        return ""
    told = short(str(text))
    return escape(told.removesuffix(".0") if FLOAT.fullmatch(told) else told)


def figure(value: float | None) -> str:
    """A figure of merit: four places, fewer where it is large; empty if it is missing."""
    if value is None or not math.isfinite(value):
        return ""
    size = abs(value)
    if 0 < size < 0.001 or size >= 1e7:
        return f"{value:.3g}"
    return f"{value:,.{4 if size < 10 else 2 if size < 1000 else 0}f}"


def count(value: float | None) -> str:
    """A number that counts, in thousands; a median may lie between two."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends; empty if they are missing."""
    return f"{figure(low)} to {figure(high)}" if figure(low) and figure(high) else ""


def when(ms: int) -> str:
    """A time in ms since 1970, to the minute, UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"


def breakable(key: str) -> str:
    """A dotted key that may be broken after its dots."""
    return escape(key).replace(".", ".<wbr>")


def runs(number: int) -> str:
    """How many runs."""
    return f"{number:,} run" if number == 1 else f"{number:,} runs"
