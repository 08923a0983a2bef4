"""For whom the best run is less good: the figures of groups of rows."""

from html import escape

import pandas as pd
import plotly.graph_objects as go

from src.plots.style import BLUE
from src.report.frames import frame_of
from src.report.page import SMALL, Section
from src.report.page_data import PageData
from src.report.predictions import Predictions
from src.report.style import THIN, Figure, drawn, shown
from src.report.text import count, figure, interval, table

SLICES = "slices.csv"
FIGURES = {  # of which the first two are drawn
    "binary": ("auroc", "sensitivity_at_threshold", "specificity_at_threshold", "accuracy_at_threshold"),
    "multiclass": ("accuracy", "auroc"),
    "regression": ("rmse", "r2", "mae"),
}
DRAWN = 40  # groups
ACRONYMS = {"auroc": "AUROC", "rmse": "RMSE", "r2": "R²", "mae": "MAE"}


def groups(material: PageData, found: Predictions) -> Section | None:
    """Groups with their intervals, as dots and as a table; None of a run without slices."""
    of_groups = frame_of(material, SLICES, texts=("slice", "group"))
    if of_groups is None:
        return None
    names = FIGURES[found.task]
    few = f"fewer than ten rows{' of either class' if found.task == 'binary' else ''}"
    lead = (
        f"<p>Groups of rows of {found.split}, by <code>data.slices</code>. No interval where a group has {few}; "
        "of twenty groups that are alike one is expected to stand out."
    )
    rest = len(of_groups) - 1 - DRAWN
    more = f" The first {DRAWN} groups are drawn." if rest > 0 else ""
    dots = [_dots(of_groups.head(DRAWN + 1), name) for name in names[:2]]
    return Section("groups", "Groups of rows", [f"{lead}{more}</p>", *dots, _table(of_groups, names)])


def _dots(of_groups: pd.DataFrame, name: str) -> Figure:
    """A dot with its interval for each group, beside a line for all rows."""
    whole, some = of_groups.iloc[0], of_groups.iloc[1:]
    value, low, high = some[name], some[f"{name}_low"], some[f"{name}_high"]
    hover = "%{y}<br>%{x:.4f}, n = %{customdata[0]:,}<br>95 % %{customdata[1]}<extra></extra>"
    bounds = [interval(*ends) or "not told" for ends in zip(low, high, strict=True)]
    labels = [f"{shown(row.slice)}: {shown(row.group)}" for row in some.itertuples()]
    dots = go.Scatter(x=value, y=labels, mode="markers", hovertemplate=hover, showlegend=False)
    dots.update(customdata=list(zip(some["n"], bounds, strict=True)), marker={"color": BLUE, "size": 8})
    dots.update(
        error_x={"type": "data", "array": high - value, "arrayminus": value - low, "color": BLUE, "thickness": 1.5}
    )
    title = _told(name)
    plot = drawn([dots], title, "")
    plot.update_yaxes(autorange="reversed", type="category", showgrid=False, ticks="", dtick=1)
    plot.add_vline(whole[name], line=THIN)
    caption = "A dot a group, with its 95 % interval; dashed: all rows."
    return Figure(f"{title[0].upper()}{title[1:]} by group", caption, plot, height=max(SMALL, 130 + 24 * len(some)))


def _told(name: str) -> str:
    return ACRONYMS.get(name, name.replace("_", " "))


def _table(of_groups: pd.DataFrame, names: tuple[str, ...]) -> str:
    counts = ["n", *(["positives"] if "positives" in of_groups else [])]
    rows = []
    for row in of_groups.to_dict("records"):
        cells = [escape(row["slice"]) or "all rows", escape(row["group"]) if row["slice"] else ""]
        cells += [count(row[one]) for one in counts]
        for name in names:
            bounds = interval(row[f"{name}_low"], row[f"{name}_high"])
            cells.append(figure(row[name]) + (f"<br><small>{bounds}</small>" if bounds else ""))
        rows.append(cells)
    head = ["slice", "group", *counts, *(_told(name) for name in names)]
    return f'<div class="whole">{table(head, rows, numbers=range(2, len(head)))}</div>'
