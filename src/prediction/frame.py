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
    `label`; of a regression `prediction`. Of several models the mean, with its standard deviation over them as `<name>_sd`;
    where a class ends like that, as `<name>__sd`, with as many lines as it takes for each column to have its own name.
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
    columns, ending = {}, _ending(classes)
    for number, name in enumerate(classes):
        columns |= _folded(f"probability_{name}", probabilities[..., number], ending)
    return pd.DataFrame({**columns, "label": names[probabilities.mean(0).argmax(-1).numpy()]})


def _ending(classes: Sequence[str]) -> str:
    """What stands behind the name of a standard deviation, so that no class is called the same."""
    ending = "_sd"
    while any(f"{name}{ending}" in classes for name in classes):
        ending = f"_{ending}"
    return ending


def _folded(name: str, values: Tensor, ending: str = "_sd") -> dict[str, np.ndarray]:
    """The mean over models of (M, N), and its standard deviation where there are several."""
    spread = {f"{name}{ending}": np.std(values.numpy(), axis=0, ddof=1)} if len(values) > 1 else {}
    return {name: values.mean(0).numpy(), **spread}
