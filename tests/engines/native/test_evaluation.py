"""The figures of each epoch are those of `src.metrics`."""

import numpy as np
import pytest
import torch

from src.data.target_scale import TargetScale
from src.engines.native.evaluation import figures
from src.metrics import evaluate
from src.models.outputs import squeezed

DRAW = np.random.default_rng(0)


def outputs_of(rows, columns, dtype):
    """Some of them tied, some so large that their probabilities are 0 and 1."""
    return (DRAW.normal(size=(rows, columns)).round(1) * DRAW.choice([0.1, 1.0, 100.0], size=(rows, 1))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 2, 37, 600])
@pytest.mark.parametrize(("task", "columns"), [("binary", 1), ("multiclass", 3), ("regression", 1)])
def test_they_are_those_of_torch(task, columns, rows, dtype):
    outputs, scale = outputs_of(rows, columns, dtype), None
    labels = DRAW.integers(0, max(columns, 2), rows).astype(dtype)
    logits, targets = squeezed(torch.from_numpy(outputs), task), torch.from_numpy(labels)
    if task == "regression":
        scale = TargetScale(mean=30.0, sd=7.0)
        logits, targets = scale.in_units(logits), scale.in_units(targets)
    expected = {name: float(value) for name, value in evaluate(task, logits, targets).items()}
    found = figures(task, outputs, labels, scale)
    assert found == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-12, nan_ok=True)


def test_one_class_alone_has_no_auroc():
    assert np.isnan(figures("binary", outputs_of(9, 1, np.float32), np.ones(9, np.float32), None)["auroc"])


@pytest.mark.parametrize("outputs", [1, 3])
def test_what_has_no_rank_makes_the_area_nan(outputs):
    found = outputs_of(9, outputs, np.float32)
    found[4] = np.nan
    task = "binary" if outputs == 1 else "multiclass"
    assert np.isnan(figures(task, found, np.arange(9, dtype=np.float32) % max(outputs, 2), None)["auroc"])
