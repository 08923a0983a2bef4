"""The temperature against other optimisers of the same likelihood."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from src.statistics.temperature import fit_temperature


def overconfident(num_classes: int, n: int = 2000, factor: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels drawn by the softmax of logits, and these logits `factor` times as large."""
    generator = torch.Generator().manual_seed(num_classes)
    logits = torch.randn(n, num_classes, generator=generator, dtype=torch.float64) * 2
    labels = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)
    return factor * logits, labels


def test_of_two_classes_it_is_that_of_a_logistic_regression_without_intercept():
    logits, labels = overconfident(2)
    logit = logits[:, 1] - logits[:, 0]
    fitted = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(logit[:, None].numpy(), labels.numpy())
    assert fit_temperature(logit, labels) == pytest.approx(1 / fitted.coef_[0, 0], rel=1e-5)
    assert fit_temperature(logit, labels) == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_of_more_it_has_the_largest_likelihood(num_classes: int):
    logits, labels = overconfident(num_classes)

    def loss(log_temperature: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits / np.exp(log_temperature), labels))

    least = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(least.x), rel=1e-5)
    assert fit_temperature(logits.float(), labels) == pytest.approx(np.exp(least.x), rel=1e-4)


@pytest.mark.parametrize(
    ("logits", "labels"),
    [([-2.0, -1.0, 1.0, 3.0], [0, 0, 1, 1]), ([-2.0, -1.0, 1.0, 3.0], [1, 1, 0, 0]), ([0.0, 0.0], [0, 1])],
    ids=["all are right", "worse than chance", "nothing is told"],
)
def test_where_the_likelihood_has_no_maximum_it_is_one(logits: list[float], labels: list[int]):
    assert fit_temperature(torch.tensor(logits), torch.tensor(labels)) == 1.0
