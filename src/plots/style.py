"""What all figures share: colours, line styles, panels, bands of uncertainty."""

from textwrap import fill
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes

from src.plots.figure import Figure

matplotlib.use("Agg")
matplotlib.style.use("default")  # not a matplotlibrc's: text by LaTeX, say, breaks at the first underscore

# Okabe and Ito 2008: told apart by the colour-blind; dashes and markers tell them apart in grey.
BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
GREY = "#666666"
LETTERS = 15  # of a note, to an inch
STYLES: list[dict[str, Any]] = [
    {"color": color, "linestyle": dashes, "marker": marker}
    for color, dashes, marker in zip(
        (BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW),
        ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))),
        ("o", "s", "^", "D", "v", "P"),
        strict=True,
    )
]


def panels(rows: int, columns: int, *, size: tuple[float, float] = (4.2, 3.4)) -> tuple[Figure, list[Axes]]:
    """A figure of `rows` x `columns` axes, each of `size` (inches wide, high), row by row."""
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    axes = [figure.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def band(axes: Axes, x: Any, curves: Any, label: str, style: dict[str, Any], *, every: int = 0) -> None:
    """The median of `curves` (seeds, points) over x, and a band that holds all of them but the outer tenths.

    `every`: a marker at each so many points; 0: eight on the curve.
    """
    values = np.asarray(curves, dtype=float)
    if not np.isfinite(values).any():  # a line of the legend alone
        axes.plot([], [], label=label, **style)
        return
    middle, low, high = (np.nanquantile(values, q, axis=0) for q in (0.5, 0.1, 0.9))
    spacing = every or max(1, len(middle) // 8)
    axes.plot(x, middle, label=label, markersize=4, markevery=spacing, **style)
    axes.fill_between(x, low, high, color=style["color"], alpha=0.18, linewidth=0)


def points(axes: Axes, inputs: Any, labels: Any) -> None:
    """Points of two classes in the plane: rings and crosses."""
    inputs, labels = np.asarray(inputs), np.asarray(labels)
    for label, color, marker in ((0, BLUE, "o"), (1, ORANGE, "x")):
        of_class = inputs[labels == label]
        face: dict[str, Any] = {"facecolors": "none", "edgecolors": color} if marker == "o" else {"color": color}
        axes.scatter(of_class[:, 0], of_class[:, 1], s=14, marker=marker, linewidth=0.8, label=f"label {label}", **face)


def plain(text: str) -> str:
    """Text of a user's, in which Matplotlib would read what stands between two dollars as a formula."""
    return text.replace("$", r"\$")


def annotate(figure: Figure, note: str) -> None:
    """A line below the figure, or as many as it takes."""
    if note:
        figure.supxlabel(fill(note, int(LETTERS * figure.get_figwidth())), fontsize=8, color=GREY)
