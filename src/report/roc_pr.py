"""How well the best run ranks: ROC, precision and recall, with bootstrap intervals."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve
from torch import Tensor

from src.metrics import sensitivity, specificity
from src.plots.style import BLUE, ORANGE
from src.report.predictions import Curve, Predictions
from src.report.style import INK, THIN, Figure, area, drawn, line, shown

GRID = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)
OTHER = {"color": "#9a9a9a", "width": 1}
WORST = {"color": ORANGE, "width": 2, "dash": "dash"}
MAIN = {"color": BLUE, "width": 2}
STEP = {"shape": "hv"}
ROC_HOVER = "false positive rate %{x:.3f}<br>true positive rate %{y:.3f}"
PR_HOVER = "recall %{x:.3f}<br>precision %{y:.3f}"
Steps = tuple[np.ndarray, np.ndarray]  # x and y of a curve


def roc(found: Predictions) -> Figure:
    """True against false positive rate; of several classes each against the others."""
    traces: list[Any] = [line([0, 1], [0, 1], "chance", THIN)]
    if found.task == "binary":
        x, y, _ = roc_curve(found.labels, found.probabilities)
        false, true = (float(metric(*found.decided)) for metric in (specificity, sensitivity))
        traces = [*_band(found, roc_at), *traces, line(x, y, "ROC", MAIN, ROC_HOVER)]
        traces.append(_operating(1.0 - false, true, found, ROC_HOVER))
        caption = "Shaded: 95 % bootstrap interval at each false positive rate."
    else:
        steps = [roc_curve(labels, scores)[:2] for scores, labels in found.one_by_one]
        traces += _one_by_one(found, steps, [float(auc(*step)) for step in steps], "AUROC", ROC_HOVER)
        traces.append(_mean(found, roc_at, ROC_HOVER))
        caption = "Each class against the others; the one with the least area is dashed."
    plot = drawn(traces, "false positive rate", "true positive rate")
    return Figure("ROC", caption, unit(plot))


def precision_recall(found: Predictions) -> Figure:
    """Precision against recall; of several classes each against the others."""
    if found.task == "binary":
        share = float(found.labels.double().mean())
        traces = [*_band(found, precision_at), line([0, 1], [share, share], "chance", THIN)]
        traces.append(line(*_precision_steps(found.probabilities, found.labels), "precision", MAIN | STEP, PR_HOVER))
        traces.append(_operating(float(sensitivity(*found.decided)), found.precision, found, PR_HOVER))
        caption = (
            f"Shaded: 95 % bootstrap interval at each recall. Chance is the share of {found.classes[1]}, {share:.1%}."
        )
    else:
        steps = [_precision_steps(scores, labels) for scores, labels in found.one_by_one]
        areas = [float(average_precision_score(labels, scores)) for scores, labels in found.one_by_one]
        traces = [
            *_one_by_one(found, steps, areas, "average precision", PR_HOVER),
            _mean(found, precision_at, PR_HOVER),
        ]
        caption = "Each class against the others; the one with the least average precision is dashed."
    plot = drawn(traces, "recall", "precision")
    return Figure("Precision and recall", caption, unit(plot))


def roc_at(scores: Tensor, labels: Tensor) -> Tensor:
    """True positive rate (..., G) at each false positive rate of the grid; `labels` alike in all leading axes."""
    positive, negative = _sorted(scores, labels)
    place = (GRID * negative.shape[-1] + 1e-9).floor().long()  # how many negatives may score above the threshold
    padded = torch.cat([torch.full_like(negative[..., :1], -torch.inf), negative], -1)
    threshold = padded.flip(-1)[..., place]
    return 1.0 - torch.searchsorted(positive, threshold.contiguous(), right=True) / positive.shape[-1]


def precision_at(scores: Tensor, labels: Tensor) -> Tensor:
    """Precision (..., G) at each recall of the grid; `labels` alike in all leading axes."""
    positive, negative = _sorted(scores, labels)
    wanted = (GRID * positive.shape[-1] - 1e-9).ceil().long().clamp(min=1)
    threshold = positive.flip(-1)[..., wanted - 1].contiguous()
    hits = positive.shape[-1] - torch.searchsorted(positive, threshold)
    alarms = negative.shape[-1] - torch.searchsorted(negative, threshold)
    return hits / (hits + alarms)


def unit(plot: go.Figure) -> go.Figure:
    """Both axes from 0 to 1."""
    return plot.update_xaxes(range=[-0.02, 1.02]).update_yaxes(range=[-0.02, 1.02])


def _sorted(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The scores of the positives and of the negatives, each ascending."""
    first = labels.reshape(-1, labels.shape[-1])[0] == 1
    return scores[..., first].sort(-1).values.contiguous(), scores[..., ~first].sort(-1).values.contiguous()


def _precision_steps(scores: np.ndarray, labels: Tensor) -> Steps:
    """Recall, falling, and precision; of thresholds that find all positives only the highest."""
    precision, recall, _ = precision_recall_curve(labels, scores, drop_intermediate=True)
    first = int((recall == 1.0).sum()) - 1
    return recall[first:], precision[first:]


def _band(found: Predictions, curve: Curve) -> list[Any]:
    """The 95 % bootstrap interval of a binary task's curve: the influence on a rate at a quantile needs a density."""
    names = [str(place) for place in range(len(GRID))]
    bounds = found.bounds(lambda scores, labels: dict(zip(names, curve(scores, labels).unbind(-1), strict=True)))
    low, high = ([bounds[f"{name}_{end}"] for name in names if bounds] for end in ("low", "high"))
    return [area(GRID.tolist(), low, high, "95 %", BLUE)] if bounds else []


def _mean(found: Predictions, curve: Curve, hover: str) -> Any:
    """The mean of the classes' curves."""
    curves = [curve(torch.from_numpy(scores), labels) for scores, labels in found.one_by_one]
    return line(GRID.numpy(), torch.stack(curves).mean(0).numpy(), "mean of the classes", MAIN, hover)


def _one_by_one(found: Predictions, steps: list[Steps], areas: list[float], what: str, hover: str) -> list[Any]:
    """A thin curve for each class; that with the smallest of the `areas` stands out."""
    worst, traces = int(np.argmin(areas)), []
    for k, (x, y) in enumerate(steps):
        label = shown(found.classes[k])
        name = f"{label} ({areas[k]:.3f})" if k == worst else "another class"
        trace = line(x, y, name, WORST if k == worst else OTHER, f"{label}, {what} {areas[k]:.3f}<br>{hover}")
        is_first = k == (0 if worst else 1)
        traces.append(trace.update(legendgroup=name, showlegend=k == worst or is_first))
    return traces


def _operating(x: float, y: float, found: Predictions, hover: str) -> Any:
    """Where the threshold lies."""
    name = f"threshold {found.threshold:.3f}"
    point = go.Scatter(x=[x], y=[y], mode="markers", name=name, hovertemplate=f"{name}<br>{hover}<extra></extra>")
    return point.update(marker={"color": ORANGE, "symbol": "diamond", "size": 11, "line": {"color": INK, "width": 1}})
