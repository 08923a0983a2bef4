"""How a search went on: the objective of each run in the order in which they began."""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from src.plots.style import BLUE, GREY, ORANGE
from src.report.page_data import PageData
from src.report.style import Figure, axis_of, drawn, line

LEAST = 3  # runs


def progress(material: PageData) -> Figure | None:
    """A dot for each run of the search, and the best so far; None if hardly any has ended."""
    table = _table(material)
    if len(table) < LEAST:
        return None
    done = table[~table["pruned"]]
    parts = (("pruned", table[table["pruned"]], "circle-open", GREY), ("ended", done, "circle", BLUE))
    traces = [_dots(*part) for part in parts if len(part[1])]
    reached = done["value"].cummin() if material.direction == "minimize" else done["value"].cummax()
    look = {"color": ORANGE, "shape": "hv", "width": 2}
    traces.append(line(done["number"], reached, "best so far", look, "best so far %{y:.4g}"))
    plot = drawn(traces, "number of the run", f"{material.objective} of the epoch kept", yaxis=axis_of(table["value"]))
    caption = "A dot a run, numbered in the order in which they began."
    if table["pruned"].any():
        caption += " Hollow ones were pruned: they had fewer epochs than the others."
    return Figure("Objective by run", caption, plot, is_wide=True)


def _table(material: PageData) -> pd.DataFrame:
    """Number, value and whether it was pruned, of the runs that have a value."""
    rows = []
    for entry in material.entries:
        number = material.runs[entry.number].label.rpartition("/")[2]
        if number.isdigit() and not math.isnan(entry.value):
            rows.append((int(number), entry.value, entry.is_pruned))
    return pd.DataFrame(sorted(rows), columns=["number", "value", "pruned"])


def _dots(name: str, part: pd.DataFrame, symbol: str, colour: str) -> Any:
    dots = go.Scatter(x=part["number"], y=part["value"], mode="markers", name=name)
    marker = {"symbol": symbol, "color": colour, "size": 7}
    return dots.update(marker=marker, hovertemplate=f"run %{{x}}, {name}<br>%{{y:.4g}}<extra></extra>")
