"""How the best run decides: calibration and confusion."""

import numpy as np
import plotly.graph_objects as go
from scipy import stats
from sklearn.metrics import confusion_matrix

from src.plots.style import BLUE
from src.report.predictions import Predictions
from src.report.roc_pr import unit
from src.report.style import THIN, Figure, drawn, line, shown
from src.report.text import figure

BINS = 10
SPELLED = 6  # classes up to which a confusion matrix has room for shares
BLUES = [[0.0, "#ffffff"], [0.5, "#7fb5d8"], [1.0, "#00507f"]]


def calibration(found: Predictions) -> Figure:
    """Stated against observed: of a binary task the probability of class 1, else that of the class that was chosen."""
    if found.task == "binary":
        stated, is_so, of = found.probabilities, found.labels.numpy() == 1, shown(found.classes[1])
        names = (f"probability of {of}", f"share that is {of}")
    else:
        stated, is_so = found.probabilities.max(1), found.probabilities.argmax(1) == found.labels.numpy()
        names = ("probability of the class chosen", "share that is right")
    mean, share, low, high, n = _bins(stated, is_so)
    hover = "stated %{x:.3f}<br>observed %{y:.3f}<br>n = %{customdata}<extra></extra>"
    dots = go.Scatter(x=mean, y=share, mode="lines+markers", name="observed", customdata=n, hovertemplate=hover)
    bars = {"type": "data", "array": high - share, "arrayminus": share - low, "color": BLUE, "thickness": 1.5}
    marker = {"color": BLUE, "size": 6 + 12 * np.sqrt(n / n.max()), "opacity": 1}
    dots.update(line={"color": BLUE, "width": 1}, marker=marker, error_y={**bars, "width": 4})
    plot = drawn([line([0, 1], [0, 1], "as stated", THIN), dots], *names)
    caption = "Ten equal bins; a dot's area grows with the examples in its bin, its bar is the 95 % Wilson interval."
    if found.temperature is not None:
        before = f"; before, the calibration error was {figure(found.uncalibrated)}"
        caption += f" Logits are divided by the temperature {found.temperature:.3f}, fitted on val{before}."
    return Figure("Calibration", caption, unit(plot))


def _bins(stated: np.ndarray, is_so: np.ndarray) -> list[np.ndarray]:
    """Mean probability, share observed with its bounds, and number of examples of each bin that has any."""
    place = np.minimum((stated * BINS).astype(int), BINS - 1)
    rows = []
    for here in (place == number for number in np.unique(place)):
        interval = stats.binomtest(int(is_so[here].sum()), int(here.sum())).proportion_ci(method="wilson")
        rows.append((stated[here].mean(), is_so[here].mean(), interval.low, interval.high, here.sum()))
    return [np.array(column) for column in zip(*rows, strict=True)]


def confusion(found: Predictions) -> Figure:
    """Counts of true against predicted class, shaded by the share of the true class."""
    if found.task == "binary":
        chosen = (found.probabilities >= found.threshold).astype(int)
        caption = f"Decided at the threshold {found.threshold:.3f}."
    else:
        chosen, caption = found.probabilities.argmax(1), "Decided for the class with the largest probability."
    names = [shown(name) for name in found.classes]
    counts = confusion_matrix(found.labels.numpy(), chosen, labels=range(len(names)))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    cells = go.Heatmap(z=shares, x=names, y=names, text=counts, colorscale=BLUES, zmin=0, zmax=1, showscale=False)
    hover = "true %{y}, predicted %{x}<br>%{text} examples, %{z:.1%} of the true class<extra></extra>"
    template = "%{text}<br>%{z:.1%}" if len(names) <= SPELLED else "%{text}"
    plot = drawn([cells.update(hovertemplate=hover, texttemplate=template, xgap=2, ygap=2)], "predicted", "true")
    plot.update_yaxes(autorange="reversed", showgrid=False, type="category", ticks="")
    plot.update_xaxes(showgrid=False, type="category", ticks="")
    return Figure("Confusion matrix", f"{caption} Shares are of the true class, row by row.", plot)
