"""Permutation importance of a table's columns (Breiman 2001): how much worse the model is once a column tells nothing."""

import pandas as pd
import torch
from torch import Tensor

from src.artifacts.evaluated import Evaluated
from src.data.preprocessing import TableRows
from src.metrics import METRICS, Outputs
from src.prediction.predictor import Predictor
from src.randomness import Purpose, key, permutation

# Axes: N rows, F features, C columns, R repeats.

REPEATS = 5
ROWS = 20_000
PASSES = 2_000_000  # rows through the model, over all columns and repeats
WORK = 5e10  # weights times these rows: 1 to 5 s of a perceptron
LEAST = 200  # rows, though a large model takes longer


def importance_table(told: Evaluated, predictor: Predictor, intake: TableRows) -> pd.DataFrame | None:
    """A row for each column, the most important first; None where the metric is not defined.

    `importance`: how much worse `metric` gets (AUROC, of a regression RMSE in units), the mean over the repeats, with their
    standard deviation `sd`; `n`: on how many rows. A column's features are permuted together; of many rows a sample is drawn.
    """
    sizes = [len(column.features) for column in intake.columns]
    rows = _sample(told, predictor, len(sizes))
    inputs, labels = told.split.inputs[rows], told.found.labels[rows]
    metric = "rmse" if told.task == "regression" else "auroc"

    def score(inputs: Tensor) -> Tensor:
        """Of inputs (R, N, F), for each R."""
        logits = predictor.logits(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2])
        return METRICS[metric].of[told.task](Outputs(told.task, logits, labels.expand(inputs.shape[:2])))

    whole = score(inputs.unsqueeze(0))
    if not bool(whole.isfinite()):
        return None
    worse = 1.0 if METRICS[metric].direction == "minimize" else -1.0
    columns = []
    for number, features in enumerate(torch.arange(inputs.shape[1]).split(sizes)):
        states = key(told.seed, Purpose.IMPORTANCE, number, torch.arange(REPEATS))
        change = worse * (score(permuted_copies(inputs, features, states)) - whole)
        columns.append((intake.columns[number].name, float(change.mean()), float(change.std())))
    table = pd.DataFrame(columns, columns=["column", "importance", "sd"]).assign(metric=metric, n=len(rows))
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def permuted_copies(inputs: Tensor, features: Tensor, states: Tensor) -> Tensor:
    """A copy of `inputs` (N, F) for each key of `states` (R,), its `features` those of the rows in another order: (R, N, F)."""
    copies = inputs.repeat(len(states), 1, 1)
    copies[..., features] = inputs[:, features][permutation(states.unsqueeze(1), len(inputs))]
    return copies


def _sample(told: Evaluated, predictor: Predictor, num_columns: int) -> Tensor:
    """Places of the rows that are permuted: all that the work allows."""
    copies = REPEATS * num_columns
    num_weights = sum(weight.numel() for weight in predictor.weights.values())
    affordable = max(LEAST, min(ROWS, PASSES // copies, int(WORK / (copies * max(1, num_weights)))))
    if len(told.split) <= affordable:
        return torch.arange(len(told.split))
    return permutation(key(told.seed, Purpose.IMPORTANCE), len(told.split))[:affordable]
