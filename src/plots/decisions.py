"""Figures of what a model decides, and by which columns."""

import numpy as np
import pandas as pd

from src.plots.figure import Figure
from src.plots.style import BLUE, GREY, annotate, plain

SPELLED = 8  # classes up to which a cell has room for its share
COUNTED = 30  # up to which it has room for its count
BARS = 30  # columns that are drawn


def confusion(counts: np.ndarray, classes: tuple[str, ...], title: str, note: str = "") -> Figure:
    """Counts (K, K) by true and predicted class, with their shares of the true class."""
    size = min(12.0, 2.6 + 0.75 * len(classes))
    figure = Figure(figsize=(size + 0.8, size), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (true, predicted), count in np.ndenumerate(counts):
        if len(classes) > COUNTED:
            break
        share = f"\n{shares[true, predicted]:.1%}" if len(classes) <= SPELLED else ""
        ink = "white" if shares[true, predicted] > 0.55 else "black"
        axes.text(predicted, true, f"{count:,}{share}", ha="center", va="center", color=ink, fontsize=9)
    places = range(len(classes))
    names = [plain(name) for name in classes]
    axes.set_xticks(places, names, rotation=45 if len(classes) > 3 else 0)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="true")
    figure.suptitle(title, fontsize=10)
    annotate(figure, note)
    return figure


def importance_bars(table: pd.DataFrame, title: str, note: str = "") -> Figure:
    """How much worse the metric gets with each `column` permuted, the largest on top, with their standard deviations."""
    shown = table.head(BARS)[::-1]
    figure = Figure(figsize=(7, 1.4 + 0.26 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    names = [plain(name[:40]) for name in shown["column"]]
    axes.barh(names, shown["importance"], xerr=shown["sd"], color=BLUE, error_kw={"ecolor": GREY, "capsize": 2})
    worse = "rise of RMSE" if table["metric"].iloc[0] == "rmse" else "fall of AUROC"
    axes.set(xlabel=f"{worse} with the column permuted, mean ± sd")
    axes.axvline(0, color=GREY, linewidth=1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    annotate(figure, note)
    return figure
