"""Figures of each class, and how often which is taken for which."""

import pandas as pd
import torch
from torch import Tensor

from src.artifacts.evaluated import Evaluated
from src.metrics import auroc

# Axes: N rows, K classes.


def confusion_counts(told: Evaluated) -> Tensor:
    """Rows (K, K) by true class and predicted class."""
    num_classes = len(told.classes)
    return (told.found.labels * num_classes + told.decided).bincount(minlength=num_classes**2).view(num_classes, -1)


def classes_table(told: Evaluated) -> pd.DataFrame:
    """A row for each class: `n`, precision, recall (sensitivity), F1 and its AUROC against all others.

    NaN where a figure is not defined: the precision of a class that is never predicted, the recall of one that does not occur.
    """
    counts = confusion_counts(told).double()
    hits, true, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)
    one_hot = torch.nn.functional.one_hot(told.found.labels, len(told.classes))
    figures = {
        "n": true.long(),
        "precision": hits / predicted,
        "recall": hits / true,
        "f1": 2 * hits / (true + predicted),
        "auroc": auroc(told.probabilities.T, one_hot.T),
    }
    return pd.DataFrame({"class": list(told.classes), **{name: values.numpy() for name, values in figures.items()}})
