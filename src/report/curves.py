"""Loss over epochs of one run, with the best and the stopping epoch marked, and its figures on val."""

import pandas as pd
import plotly.graph_objects as go

from src.plots.style import BLUE, GREEN, GREY, ORANGE
from src.report.page_data import PageData, kept_epoch, value_of
from src.report.style import COLOURS, DASHES, Figure, axis_of, drawn, line
from src.runs.training_mode import why_above_val
from src.tracking.reading import Recorded

POINTS = 600  # of one curve at most
TRAIN, TRAIN_EVAL, VAL = "train/loss", "train/loss_eval", "val/loss"
LOSSES = {
    TRAIN: ("train (in training mode)", BLUE, "dash"),
    TRAIN_EVAL: ("train (evaluated)", GREEN, "dot"),
    VAL: ("val", ORANGE, "solid"),
}
OF_VAL = ("val/accuracy", "val/auroc", "val/r2")  # figures whose largest value is 1


def curves_of_one(material: PageData, run: Recorded) -> list[Figure]:
    """The losses of a run and its figures on val, as far as there are some."""
    losses = {key: found for key in LOSSES if len(found := _curve(material, run, key))}
    figures = {key: found for key in OF_VAL if len(found := _curve(material, run, key))}
    return [drawn_of(run, found) for drawn_of, found in ((_losses, losses), (_figures, figures)) if found]


def thinned(table: pd.DataFrame) -> pd.DataFrame:
    """Every n-th point of a long curve, and its last."""
    step = -(-len(table) // POINTS)
    return table if step <= 1 else pd.concat([table.iloc[::step], table.iloc[-1:]]).drop_duplicates("epoch")


def why_train_is_above(run: Recorded) -> str:
    """Why a run's training loss may lie above that on val."""
    return why_above_val({key: value_of(text) for key, text in run.params.items()})


def _curve(material: PageData, run: Recorded, key: str) -> pd.DataFrame:
    return material.reader.curves([run.id], key)


def _losses(run: Recorded, losses: dict[str, pd.DataFrame]) -> Figure:
    traces = []
    for key, whole in losses.items():
        table, (name, colour, dash) = thinned(whole), LOSSES[key]
        look = {"color": colour, "dash": dash, "width": 2}
        traces.append(line(table["epoch"], table["value"], name, look, f"{name}<br>epoch %{{x}}: %{{y:.5g}}"))
    values = pd.concat([table["value"] for table in losses.values()])
    plot = drawn(traces, "epoch", "loss per example", yaxis=axis_of(values))
    _mark(plot, run, losses.get(VAL))
    told = f"Mean loss per example of each epoch. {_told(run)} {why_train_is_above(run)}"
    return Figure("Loss", told, plot, is_wide=True)


def _figures(run: Recorded, figures: dict[str, pd.DataFrame]) -> Figure:
    traces = []
    for place, (key, whole) in enumerate(figures.items()):
        table, look = thinned(whole), {"color": COLOURS[place], "dash": DASHES[place], "width": 2}
        traces.append(line(table["epoch"], table["value"], key, look, f"{key}<br>epoch %{{x}}: %{{y:.4f}}"))
    plot = drawn(traces, "epoch", "figure on val (at most 1)")
    _mark(plot, run, None)
    return Figure("Figures on val", "After each epoch, on the validation split.", plot, is_wide=True)


def _mark(plot: go.Figure, run: Recorded, val: pd.DataFrame | None) -> None:
    """Lines at the best and at the stopping epoch, which the legend names, and a dot on the curve of val."""
    best, stopped = run.metrics.get("best/epoch"), run.metrics.get("stopped/epoch")
    for epoch, name, dash in ((best, kept_epoch(run), "dashdot"), (stopped, "stopped at epoch", "solid")):
        if epoch is not None:
            look = {"color": GREY, "width": 1, "dash": dash}
            plot.add_vline(epoch, line=look)
            plot.add_trace(line([None], [None], f"{name} {epoch:.0f}", look))
    if val is not None and best in set(val["epoch"]):
        at = val[val["epoch"] == best]
        dot = go.Scatter(x=at["epoch"], y=at["value"], mode="markers", showlegend=False, hoverinfo="skip")
        plot.add_trace(dot.update(marker={"color": ORANGE, "size": 9}))
    if stopped is not None:  # the line at the end must not lie on the frame
        plot.update_xaxes(range=[1 - 0.02 * stopped, 1.02 * stopped])


def _told(run: Recorded) -> str:
    best, stopped = run.metrics.get("best/epoch"), run.metrics.get("stopped/epoch")
    if stopped is None:
        return "The run has not ended."
    at_best = "No epoch was finite" if best is None else f"{kept_epoch(run).capitalize()} {best:.0f}"
    return f"{at_best}; stopped at epoch {stopped:.0f} ({run.tags.get('stop_reason', 'unknown')})."
