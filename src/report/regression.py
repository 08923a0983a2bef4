"""How far a regression is off."""

import numpy as np
import plotly.graph_objects as go

from src.plots.style import BLUE
from src.report.predictions import Predictions
from src.report.style import THIN, Figure, drawn, line

POINTS = 3000  # dots at most


def predicted(found: Predictions) -> Figure:
    """Predicted against true."""
    true, stated = _few(found)
    ends = [float(min(true.min(), stated.min())), float(max(true.max(), stated.max()))]
    hover = "true %{x:.4g}<br>predicted %{y:.4g}<extra></extra>"
    dots = go.Scatter(x=true, y=stated, mode="markers", name="an example", hovertemplate=hover)
    dots.update(marker={"color": BLUE, "size": 6, "opacity": 0.5})
    even = line(ends, ends, "predicted = true", THIN)
    plot = drawn([even, dots], "true (units of the target)", "predicted (units of the target)")
    return Figure("Predicted against true", "A dot an example; on the dashed line the two are equal.", plot)


def errors(found: Predictions) -> Figure:
    """How often which error occurs."""
    true, stated = _few(found)
    bars = go.Histogram(x=stated - true, marker={"color": BLUE}, name="examples")
    bars.update(hovertemplate="%{x}<br>%{y} examples<extra></extra>")
    plot = drawn([bars], "predicted − true (units of the target)", "examples", bargap=0.04)
    plot.add_vline(0, line=THIN)
    return Figure("Errors", "How far the predictions are off, and to which side.", plot)


def _few(found: Predictions) -> tuple[np.ndarray, np.ndarray]:
    step = -(-len(found.labels) // POINTS)
    return found.labels.double().numpy()[::step], found.logits.double().numpy()[::step]
