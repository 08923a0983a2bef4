"""Influences against derivatives by weights, as scikit-learn weights its figures."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from src.metrics import Outputs
from src.statistics.influence import INFLUENCES

HALF = torch.tensor([[0.5]], dtype=torch.float64)
N = 40


def scored(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits with ties, and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (N,), generator=generator)
    return ((1.5 * labels + torch.randn(N, generator=generator)) * 4).round() / 4 - 0.6, labels


def derivative(figure: Callable[[np.ndarray], float], step: float = 1e-5) -> np.ndarray:
    """Of a figure of weights (N,) by each of them."""
    moved = np.ones(N) + step * np.stack([np.eye(N), -np.eye(N)])
    return np.array([figure(up) - figure(down) for up, down in zip(*moved, strict=True)]) / (2 * step)


@pytest.mark.parametrize(
    ("name", "weighted"),
    [
        ("auroc", sk.roc_auc_score),
        ("average_precision", sk.average_precision_score),
        (
            "brier",
            lambda y, s, sample_weight: sk.brier_score_loss(y, 1 / (1 + np.exp(-s)), sample_weight=sample_weight),
        ),
        ("accuracy", lambda y, s, sample_weight: sk.accuracy_score(y, s >= 0, sample_weight=sample_weight)),
        ("sensitivity", lambda y, s, sample_weight: sk.recall_score(y, s >= 0, sample_weight=sample_weight)),
        ("specificity", lambda y, s, sample_weight: sk.recall_score(1 - y, s < 0, sample_weight=sample_weight)),
    ],
)
def test_of_a_binary_task(name: str, weighted: Callable[..., float]):
    logits, labels = scored()
    found = INFLUENCES[name](Outputs("binary", logits, labels), HALF)
    y, s = labels.numpy(), logits.double().numpy()
    expected = derivative(lambda weights: weighted(y, s, sample_weight=weights))
    assert found.flatten().numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "weighted"),
    [("rmse", sk.root_mean_squared_error), ("mae", sk.mean_absolute_error), ("r2", sk.r2_score)],
)
def test_of_a_regression(name: str, weighted: Callable[..., float]):
    generator = torch.Generator().manual_seed(0)
    targets, errors = torch.randn(2, N, generator=generator).double()
    found = INFLUENCES[name](Outputs("regression", targets + errors, targets), HALF)
    y, s = targets.numpy(), (targets + errors).numpy()
    expected = derivative(lambda weights: weighted(y, s, sample_weight=weights))
    assert found.numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["auroc", "average_precision"])
def test_of_several_classes_it_is_the_mean_of_each_against_the_others(name: str):
    generator = torch.Generator().manual_seed(1)
    logits, labels = torch.randn(N, 3, generator=generator), torch.arange(N) % 3
    found = INFLUENCES[name](Outputs("multiclass", logits, labels), HALF)
    p = logits.softmax(-1)
    each = [INFLUENCES[name](Outputs("binary", p[:, k], (labels == k).long()), HALF) for k in range(3)]
    torch.testing.assert_close(found, torch.stack(each).mean(0))


def test_members_have_each_their_own():
    pairs = [scored(seed) for seed in range(3)]
    logits, labels = torch.stack([logits for logits, _ in pairs]), pairs[0][1]
    for name in ("auroc", "average_precision", "sensitivity"):
        together = INFLUENCES[name](Outputs("binary", logits, labels), HALF)
        for row, one in zip(together, logits, strict=True):
            alone = INFLUENCES[name](Outputs("binary", one.unsqueeze(0), labels), HALF).squeeze(0)
            torch.testing.assert_close(row, alone)
