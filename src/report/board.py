"""The leaderboard as a table, each mean with its interval as text and drawn to one scale."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from src.report.page_data import PageData
from src.report.text import breakable, count, figure, interval, setting, table
from src.sweep.leaderboard import FIGURES, FLAWS, SELECTED

ROWS = 200
NAMED = 6  # runs of a row
FIRST = 12  # rows whose intervals the scale holds
WIDTH = 120


def board(material: PageData) -> str:
    """The first rows of the leaderboard."""
    assert material.board is not None
    whole, shown = material.board, material.board.head(ROWS)
    keys = [key for key in whole.columns if key not in ("rank", *FIGURES)]
    counts = [name for name in reversed(FLAWS) if whole[name].any()]
    folded, scale = bool((whole["n"] > 1).any()), _scale(shown)
    objective = escape(material.objective)
    means = [f"{objective}, mean ± sd", "n", "95 % interval", "", "p"] if folded else [objective]
    rows = []
    for row in shown.to_dict("records"):
        cells = [str(row["rank"]), *(setting(row[key]) for key in keys), _mean(row)]
        if folded:
            p = "" if math.isnan(row["p"]) else f"{row['p']:.3f}"
            bounds = SELECTED if row["selected"] else interval(row["low"], row["high"])
            cells += [str(row["n"]), bounds, _whisker(row, scale), p]
        rows.append(
            [*cells, count(row["best_epoch"]), *(str(row[name] or "") for name in counts), _names(material, row)]
        )
    head = ["", *map(breakable, keys), *means, "epoch kept", *counts, "runs"]
    return f'<div class="board">{table(head, rows, numbers=range(1, len(head) - 1))}</div>'


def _mean(row: Mapping[Any, Any]) -> str:
    return (figure(row["mean"]) or "none") + ("" if math.isnan(row["sd"]) else f" ± {figure(row['sd'])}")


def _scale(shown: pd.DataFrame) -> tuple[float, float]:
    """What the drawn intervals span: those of the first rows, unless a few far off would squeeze the others."""
    some = shown.head(FIRST)
    ends = pd.concat([some["mean"], some["low"], some["high"]]).dropna()
    if ends.empty:
        return 0.0, 0.0
    reach = 4.0 * float((some["mean"] - some["mean"].iloc[0]).abs().median()) + float(
        (some["high"] - some["low"]).median()
    )
    first = float(some["mean"].iloc[0])
    low, high = float(ends.min()), float(ends.max())
    return (max(low, first - reach), min(high, first + reach)) if reach > 0 else (low, high)


def _whisker(row: Mapping[Any, Any], scale: tuple[float, float]) -> str:
    """The interval as a line with a dot at the mean; an arrow where the mean lies beyond the scale."""
    low, high = scale
    if math.isnan(row["mean"]) or high <= low:
        return ""

    def at(value: float) -> float:
        return 8.0 + (WIDTH - 16.0) * min(1.0, max(0.0, (value - low) / (high - low)))

    x = at(row["mean"])
    mark = f'<circle cx="{x:.1f}" cy="8" r="4"/>'
    if not low <= row["mean"] <= high:
        tip = 7 if row["mean"] > high else -7
        mark = f'<path d="M{x:.1f} 3 l{tip} 5 l{-tip} 5 z"/>'
    line = ""
    if not math.isnan(row["low"]):
        line = f'<line x1="{at(row["low"]):.1f}" x2="{at(row["high"]):.1f}" y1="8" y2="8"/>'
    return f'<svg class="whisker" viewBox="0 0 {WIDTH} 16" aria-hidden="true">{line}{mark}</svg>'


def _names(material: PageData, row: Mapping[Any, Any]) -> str:
    """The runs of a row; those of one sweep by their numbers."""
    found = [material.runs[int(place)] for place in row["numbers"].split()]
    labels: list[str] = [run.label for run in found[:NAMED]]
    if len({label.rpartition("/")[0] for label in labels}) == 1 and "/" in labels[0]:
        sweep, numbers = labels[0].rpartition("/")[0], [label.rpartition("/")[2] for label in labels]
        labels = numbers if material.subject == "sweep" else [f"{sweep}/{numbers[0]}", *numbers[1:]]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"<small>{escape(', '.join(labels))}{more}</small>"
