"""A split evaluated after an epoch, compiled: outputs, their mean loss, and the figures of merit of `src.metrics`."""

import math

import numpy as np
import torch

from src.data.target_scale import TargetScale
from src.engines.native.compiled import part, program
from src.engines.native.losses import row_losses
from src.engines.native.network import forward
from src.engines.native.units import SLOPES, Floats, empty_units, of_layer
from src.metrics import METRICS
from src.tasks import Task

# Axes: N rows of a split, F features, K outputs.

CHUNK = 256  # rows that are evaluated at once: what is made of them stays in the caches


@program
def evaluate(recipe, weights, inputs, labels, outputs):  # type: ignore[no-untyped-def]
    """Fill `outputs` (N, K) for inputs (N, F), dropout off; gives the mean loss, in float64."""
    network, most, total = recipe.network, min(CHUNK, inputs.shape[0]), 0.0
    units, losses, no_keys = empty_units(network, most, weights), np.empty(most, weights.dtype), np.empty(0, np.int64)
    for start in range(0, inputs.shape[0], CHUNK):
        rows = min(CHUNK, inputs.shape[0] - start)
        found = forward(network, weights, inputs[start : start + rows], units, recipe.dropout, no_keys)
        slope = of_layer(units[SLOPES], network[network.size - 1], rows)
        row_losses(recipe.loss, found, labels[start : start + rows], recipe.smoothing, losses, slope)
        for b in range(rows):
            total += losses[b]
            for k in range(found.shape[1]):
                outputs[start + b, k] = found[b, k]
    return total / inputs.shape[0]


def figures(task: Task, outputs: Floats, labels: Floats, scale: TargetScale | None) -> dict[str, float]:
    """Those of each epoch, by name, of outputs (N, K) and labels (N,), of a regression in units by `scale`.

    Sorted by numpy: a sort that is compiled here would cost seconds.
    """
    names = [name for name, metric in METRICS.items() if task in metric.of and metric.each_epoch]
    if task == "regression":
        rmse, r2 = of_predictions(outputs, labels)
        found = (rmse if scale is None else rmse * scale.sd), r2
    else:
        scores = torch.from_numpy(outputs).softmax(-1).numpy() if task == "multiclass" else outputs
        found = of_classes(scores, np.argsort(scores, axis=0), labels)
    return dict(zip(names, found, strict=True))


@program
def of_classes(scores, order, labels):  # type: ignore[no-untyped-def]
    """Accuracy and AUROC, the mean over classes, of logits (N, 1) or probabilities (N, K), each column with its order."""
    rows, classes, right, area = scores.shape[0], scores.shape[1], 0, 0.0
    for b in range(rows):
        decision = 0
        if classes == 1:
            decision = 1 if 1.0 / (1.0 + math.exp(-scores[b, 0])) >= 0.5 else 0
        for k in range(1, classes):
            decision = k if scores[b, k] > scores[b, decision] else decision
        right += decision == labels[b]
    for k in range(classes):
        area += _auroc(scores, order, labels, k, 1 if classes == 1 else k)
    return right / rows, area / classes


@part
def _auroc(scores, order, labels, column, positive):  # type: ignore[no-untyped-def]
    """Of the class `positive` against the others, by the mean ranks of what is tied.

    NaN where only one occurs, or a score is NaN.
    """
    rank_sum, num_positive, start, size = 0.0, 0.0, 0, scores.shape[0]
    if size > 0 and math.isnan(scores[order[size - 1, column], column]):  # which numpy sorts to the end
        return math.nan
    while start < size:
        stop, among = start, 0
        while stop == start or (
            stop < size and scores[order[stop, column], column] == scores[order[start, column], column]
        ):
            among += labels[order[stop, column]] == positive
            stop += 1
        rank_sum += 0.5 * (start + stop + 1) * among
        num_positive, start = num_positive + among, stop
    return (rank_sum - 0.5 * num_positive * (num_positive + 1.0)) / (num_positive * (size - num_positive))


@program
def of_predictions(outputs, labels):  # type: ignore[no-untyped-def]
    """RMSE and R2 of predictions (N, 1)."""
    rows, mean, error, spread = labels.size, 0.0, 0.0, 0.0
    for b in range(rows):
        mean += labels[b] / rows
    for b in range(rows):
        error += (np.float64(outputs[b, 0]) - labels[b]) ** 2
        spread += (labels[b] - mean) ** 2
    return np.sqrt(error / rows), 1.0 - error / spread
