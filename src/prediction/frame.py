"""Predictions as a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from src.tasks import Task

# Axes: M models, N rows, K classes.


def prediction_frame(
    outputs: Sequence[Tensor], task: Task, classes: Sequence[str], threshold: float | None
) -> pd.DataFrame:
    """One row per example of the logits (N,) or (N, K) of each model.

    `probability` (of class 1) and `label` at the threshold; of several classes `probability_<class>` and the likeliest
    `label`; of a regression `prediction`. Of several models the mean, with its standard deviation over them as `<name>_sd`.
    """
    logits = torch.stack(list(outputs)).double()
    if task == "regression":
        return pd.DataFrame(_folded("prediction", logits))
    names = np.array(classes)
    if task == "binary":
        columns = _folded("probability", logits.sigmoid())
        label = names[(columns["probability"] >= threshold).astype(int)]
        return pd.DataFrame({**columns, "label": label})
    probabilities = logits.softmax(-1)
    columns = {}
    for number, name in enumerate(classes):
        columns |= _folded(f"probability_{name}", probabilities[..., number])
    return pd.DataFrame({**columns, "label": names[probabilities.mean(0).argmax(-1).numpy()]})


def _folded(name: str, values: Tensor) -> dict[str, np.ndarray]:
    """The mean over models of (M, N), and its standard deviation where there are several."""
    spread = {f"{name}_sd": values.std(0).numpy()} if len(values) > 1 else {}
    return {name: values.mean(0).numpy(), **spread}
