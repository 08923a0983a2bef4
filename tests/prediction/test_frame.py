"""Predictions of several models as a table: each column has its own name."""

import numpy as np
import pytest
import torch

from src.prediction.frame import prediction_frame

LOGITS = torch.randn(3, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)  # (M, N, K)


@pytest.mark.parametrize(
    ("classes", "ending"),
    [(("x", "y", "z"), "_sd"), (("x", "x_sd", "z"), "__sd"), (("x", "x_sd", "x__sd"), "___sd")],
)
def test_no_standard_deviation_is_called_like_a_class(classes: tuple[str, ...], ending: str):
    frame = prediction_frame(list(LOGITS), "multiclass", classes, None)
    assert len(set(frame.columns)) == len(frame.columns) == 7
    probabilities = LOGITS.softmax(-1)
    for number, name in enumerate(classes):
        np.testing.assert_allclose(frame[f"probability_{name}"], probabilities[..., number].mean(0))
        np.testing.assert_allclose(frame[f"probability_{name}{ending}"], probabilities[..., number].std(0))
