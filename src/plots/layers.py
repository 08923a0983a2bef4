"""What went on in the layers of a run: a panel for each figure, a curve for each layer."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.plots.figure import Figure
from src.plots.style import STYLES, annotate, panels

PANELS = {  # by figure of the history: what it is, and whether it spans orders of magnitude
    "gradient_norm": ("norm of the gradient", True),
    "update_norm": ("an epoch's update / weights", True),
    "weight": ("weights: median, 5 to 95 %", False),
    "activation_mean": ("mean activation", False),
    "activation_sd": ("sd of activations", True),
    "dead_share": ("share of dead units", False),
}


def layer_figures(history: pd.DataFrame) -> dict[str, list[str]]:
    """The layers that `history` tells of, by figure."""
    found: dict[str, list[str]] = {}
    for figure, _, layer in (name.partition("/") for name in history.columns):
        if figure in PANELS or figure == "weight_p50":
            found.setdefault("weight" if figure == "weight_p50" else figure, []).append(layer)
    return found


def layer_curves(history: pd.DataFrame, title: str, note: str = "") -> Figure:
    """Every figure over the epochs of `history`, which has those of `src.models.probe`."""
    layers = layer_figures(history)
    figure, every = panels(2, 3, size=(4.0, 3.0))
    styles = {name: STYLES[place % len(STYLES)] for place, name in enumerate(sorted(set().union(*layers.values())))}
    for axes, (name, (label, is_steep)) in zip(every, PANELS.items(), strict=True):
        for layer in layers.get(name, []):
            look = {key: styles[layer][key] for key in ("color", "linestyle")}
            _draw(axes, history, name, layer, look)
        axes.set(xlabel="epoch", ylabel=label)
        if not (lines := axes.get_lines()):  # a perceptron has no activations in between
            continue
        axes.legend(frameon=False, fontsize=7)
        if is_steep and all((np.asarray(line.get_ydata(), dtype=float) > 0).all() for line in lines):
            axes.set_yscale("log")
    figure.suptitle(title, fontsize=10)
    annotate(figure, note)
    return figure


def _draw(axes: Axes, history: pd.DataFrame, figure: str, layer: str, look: dict[str, Any]) -> None:
    middle = "weight_p50" if figure == "weight" else figure
    axes.plot(history["epoch"], history[f"{middle}/{layer}"], label=layer, **look)
    if figure == "weight":
        low, high = (np.asarray(history[f"weight_{end}/{layer}"], dtype=float) for end in ("p05", "p95"))
        axes.fill_between(history["epoch"], low, high, color=look["color"], alpha=0.18, linewidth=0)
