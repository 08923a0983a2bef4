"""Loss over epochs of many runs: the best few one by one, over a band of all."""

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from src.plots.style import GREY
from src.report.curves import POINTS, TRAIN, VAL, thinned, why_train_is_above
from src.report.page_data import PageData
from src.report.style import COLOURS, DASHES, SYMBOLS, Figure, area, axis_of, drawn, line, shown
from src.tracking.reading import Recorded

FEW = 5  # curves that are drawn one by one
LEAST = 3  # runs that make a band


def curves_of_many(material: PageData) -> list[Figure]:
    """The val loss of the best run in each of the leaderboard's first rows, over a band of all runs."""
    best, count = _best(material), len(material.entries)
    val = material.reader.curves([material.runs[entry.number].id for entry in material.entries], VAL)
    train = material.reader.curves([run.id for run in best[:1]], TRAIN)
    of_run = dict(tuple(val.groupby("run")))
    traces = _band(val) if count > len(best) else []
    for place, run in enumerate(best):
        if run.id in of_run:
            traces += _curve(material, run, of_run[run.id], place)
    if len(train):
        look = {"color": COLOURS[0], "dash": "dot", "width": 1.5}
        table = thinned(train)
        traces.append(line(table["epoch"], table["value"], "#1 on train", look, "#1 on train<br>epoch %{x}: %{y:.5g}"))
    if not traces:
        return []
    seen = pd.concat([*(of_run[run.id] for run in best if run.id in of_run), _middle(val)])["value"].dropna()
    plot = drawn(traces, "epoch", "val loss per example", yaxis=axis_of(seen))
    if len(seen):
        plot.update_yaxes(range=_range(seen, plot.layout.yaxis.type))
    plot.update_layout(legend_traceorder="normal")
    title = "The first rows of the leaderboard" if len(best) > 1 else "The first row of the leaderboard"
    why = f" {why_train_is_above(best[0])}" if len(train) else ""
    return [Figure(title, f"{_caption(len(best), count)}{why}", plot, 460, is_wide=True)]


def _best(material: PageData) -> list[Recorded]:
    """The best run of each of the first rows."""
    assert material.board is not None
    rows = [material.of_row(place)[0] for place in range(min(FEW, len(material.board)))]
    return [material.runs[entry.number] for entry in rows if not math.isnan(entry.value)]


def _curve(material: PageData, run: Recorded, whole: pd.DataFrame, place: int) -> list[Any]:
    """A run's curve, the epoch that it keeps as a filled mark and its last as a hollow one; the mouse tells its settings."""
    table, name = thinned(whole), f"#{place + 1} {shown(material.short(run))}"
    values = material.values_of(run)
    told = "".join(f"<br>{shown(key)} = {shown(values.get(key))}" for key in material.keys[:10])
    look = {"color": COLOURS[place], "dash": DASHES[place], "width": 2}
    hover = f"<b>{name}</b>{told}<br>epoch %{{x}}: %{{y:.5g}}"
    traces = [line(table["epoch"], table["value"], name, look, hover).update(legendgroup=name)]
    for key, symbol in (("best/epoch", SYMBOLS[place]), ("stopped/epoch", f"{SYMBOLS[place]}-open")):
        at = whole[whole["epoch"] == run.metrics.get(key)]
        mark = go.Scatter(x=at["epoch"], y=at["value"], mode="markers", showlegend=False, legendgroup=name)
        mark.update(hovertemplate=f"<b>{name}</b><br>{key.replace('/', ' ')} %{{x}}: %{{y:.5g}}<extra></extra>")
        traces.append(mark.update(marker={"color": COLOURS[place], "symbol": symbol, "size": 10, "line_width": 2}))
    return traces


def _band(val: pd.DataFrame) -> list[Any]:
    """The middle nine tenths and the middle half of all runs at each epoch that enough of them have reached."""
    finite = val.dropna().groupby("epoch")["value"]
    tables = finite.quantile(np.array([0.05, 0.25, 0.5, 0.75, 0.95])).unstack()[finite.count() >= LEAST]
    if tables.empty:
        return []
    tables = tables.iloc[:: -(-len(tables) // POINTS)]
    x = list(tables.index)
    bands = [area(x, list(tables[low]), list(tables[1 - low]), "all runs", GREY) for low in (0.05, 0.25)]
    bands[0].update(showlegend=False)
    look = {"color": GREY, "dash": "longdashdot", "width": 1.5}
    hover = "median of all runs<br>epoch %{x}: %{y:.5g}"
    middle = line(x, tables[0.5], "median of all runs", look, hover)
    return [band.update(legendgroup="all") for band in bands] + [middle]


def _middle(val: pd.DataFrame) -> pd.DataFrame:
    """The quartiles at each epoch: what must be seen of all runs, though a few of them explode."""
    quartiles = val.dropna().groupby("epoch")["value"].quantile(np.array([0.25, 0.75]))
    return quartiles.rename("value").reset_index()[["epoch", "value"]]


def _range(values: "pd.Series[float]", kind: str) -> list[float]:
    """The ends of an axis, as Plotly has them: of a logarithmic one their logarithms."""
    ends = np.array([values.min(), values.max()], dtype=float)
    low, high = np.log10(ends) if kind == "log" else ends
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return [float(low - margin), float(high + margin)]


def _caption(few: int, count: int) -> str:
    caption = (
        f"{f'The best run of each of the first {few} rows' if few > 1 else 'The best run of the first row'}. A filled mark is "
        "the epoch whose weights it keeps, a hollow one the epoch at which it stopped. "
        "A click in the legend hides a curve or shows it."
    )
    if count > few:
        caption += (
            f" Grey: the middle half and the middle nine tenths of those of all {count} runs that train at an epoch."
        )
    return caption
