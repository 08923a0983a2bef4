"""Figures of runs and sweeps."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from src.plots.figure import Figure
from src.plots.style import BLUE, GREEN, GREY, ORANGE, annotate

TICKS = 8  # settings that are named one by one


def loss_curve(
    history: pd.DataFrame, best_epoch: int | None, title: str, note: str = "", *, keeps_last: bool = False
) -> Figure:
    """Training and held-out loss over epochs, the best (where the run `keeps_last`, that) and the stopping epoch marked."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(history["epoch"], history["train/loss"], color=BLUE, linestyle="--", label="train (in training mode)")
    if "train/loss_eval" in history:
        axes.plot(history["epoch"], history["train/loss_eval"], color=GREEN, linestyle=":", label="train (evaluated)")
    axes.plot(history["epoch"], history["val/loss"], color=ORANGE, label="val")
    stopped = int(history["epoch"].iloc[-1])
    if best_epoch is not None:
        label = f"last epoch {best_epoch}, which is kept" if keeps_last else f"best epoch {best_epoch}"
        axes.axvline(best_epoch, color=GREY, linewidth=1, linestyle="-.", label=label)
        axes.plot(best_epoch, history["val/loss"].iloc[best_epoch - 1], "o", color=ORANGE)
    axes.axvline(stopped, color=GREY, linewidth=1, label=f"stopped at epoch {stopped}")
    axes.set(xlabel="epoch", ylabel="loss per example", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    annotate(figure, note)
    return figure


def range_curve(table: pd.DataFrame, suggestion: float, title: str) -> Figure:
    """The loss of each step of a range test against its rate, and the rate that is suggested."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(table["lr"], table["train/loss"], color=GREY, linewidth=0.6, alpha=0.7, label="each step")
    axes.plot(table["lr"], table["smoothed"], color=BLUE, label="running mean")
    axes.axvline(suggestion, color=ORANGE, linestyle="--", linewidth=1, label=f"suggested: {suggestion:.1g}")
    low, high = table["smoothed"].min(), table["smoothed"].iloc[0]
    axes.set_ylim(low - 0.1 * (high - low), max(high + 0.5 * (high - low), low + 1e-9))
    axes.set(xscale="log", xlabel="learning rate", ylabel="mean training loss of a batch", title=title)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def image_sheet(images: np.ndarray, captions: list[str], title: str, *, signed: bool = False, note: str = "") -> Figure:
    """Up to 32 images (N, H, W) with captions; `signed`: weights, grey at zero, all on one scale."""
    count = min(len(images), 32)
    columns = min(8, count)
    rows = -(-count // columns)
    cell = 1.3  # of a row, in widths of an image: below a caption of two lines
    figure = Figure(figsize=(1.25 * columns, 1.25 * cell * rows + 0.6), layout="constrained")
    axes = figure.add_subplot()  # one for all: an axes each costs a tenth of a second
    limit = float(np.abs(images).max()) or 1.0
    scale = {"cmap": "PuOr", "vmin": -limit, "vmax": limit} if signed else {"cmap": "gray"}
    height, width = 0.92 * np.array(images.shape[1:]) / max(images.shape[1:])
    for index in range(count):
        row, column = divmod(index, columns)
        left, bottom = column + (1 - width) / 2, cell * (row + 1)
        axes.imshow(images[index], extent=(left, left + width, bottom, bottom - height), **scale)
        axes.text(column + 0.5, bottom - height - 0.03, captions[index], fontsize=7, ha="center", va="bottom")
    axes.set(xlim=(0, columns), ylim=(cell * rows, 0), aspect="equal")
    axes.axis("off")
    figure.suptitle(title, fontsize=10)
    annotate(figure, note)
    return figure


def objective_against(table: pd.DataFrame, objective: str, title: str, note: str = "") -> Figure:
    """The `value` of each run against each of the other columns: a dot a run, a diamond for the mean at each setting."""
    keys = [name for name in table.columns if name != "value"]
    columns = min(3, len(keys))
    rows = -(-len(keys) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.2 * rows + 0.4), layout="constrained")
    for axes, key in zip(np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).flat, keys, strict=False):
        _against(axes, table[key], table["value"])
        axes.set(xlabel=key, ylabel=f"{objective} of the epoch kept")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(figure.axes)[len(keys) :]:
        axes.axis("off")
    figure.suptitle(title, fontsize=10)
    annotate(figure, note)
    return figure


def trial_curves(curves: Mapping[int, Sequence[float]], ended: set[int], best: int | None, objective: str) -> Figure:
    """The `objective` of each trial of a search by epoch: those that `ended` by themselves, those pruned, the `best`."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    styles: dict[str, dict[str, Any]] = {
        "pruned": {"color": GREY, "linewidth": 0.6, "alpha": 0.6},
        "to the end": {"color": BLUE, "linewidth": 0.9, "alpha": 0.7},
        "the best": {"color": ORANGE, "linewidth": 2.0},
    }
    kinds = {
        number: "the best" if number == best else "to the end" if number in ended else "pruned" for number in curves
    }
    for kind, style in styles.items():
        numbers = [number for number in curves if kinds[number] == kind]
        for place, number in enumerate(numbers):
            epochs, label = range(1, len(curves[number]) + 1), f"{kind} ({len(numbers)})" if place == 0 else None
            axes.plot(epochs, curves[number], label=label, **style)
            if kind == "pruned":
                axes.plot(epochs[-1], curves[number][-1], "x", color=GREY, markersize=5)
    values = np.concatenate([np.asarray(curve, dtype=float) for curve in curves.values()])
    low, high = np.quantile(finite, (0.0, 0.98)) if len(finite := values[np.isfinite(values)]) else (0.0, 0.0)
    if low < high:
        axes.set_ylim(low, high)
    axes.set(xlabel="epoch", ylabel=objective, title="Trials of the search, crosses: pruned there")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _against(axes: Axes, settings: pd.Series, values: pd.Series) -> None:
    given = list(dict.fromkeys(json.dumps(value) for value in settings))
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in settings)
    if numeric:
        given.sort(key=float)
        places = {text: float(text) for text in given}
        positive = [place for place in places.values() if place > 0]
        if len(positive) == len(places) and max(positive) / min(positive) > 20:
            axes.set_xscale("log")
        if len(places) <= TICKS:
            axes.set_xticks(list(places.values()), [f"{place:g}" for place in places.values()])
            axes.minorticks_off()
    else:
        places = {text: float(index) for index, text in enumerate(given)}
        axes.set_xticks(list(places.values()), [text.strip('"') for text in given], rotation=20)
    x = np.array([places[json.dumps(value)] for value in settings])
    y = values.to_numpy(dtype=float)
    axes.plot(x, y, "o", color=GREY, alpha=0.5, markersize=4, label="a run")
    centres = sorted(places.values())
    means = [np.nanmean(y[x == centre]) if np.isfinite(y[x == centre]).any() else np.nan for centre in centres]
    axes.plot(centres, means, "D-" if numeric else "D", color=BLUE, linewidth=1, markersize=6, label="mean")
    axes.legend(frameon=False, fontsize=8)
