"""Classical models on the same rows, as scikit-learn has them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.data.transforms import Standardize
from src.metrics import auroc


def logistic_regression(dataset: Dataset, *, standardize: str, penalties: Sequence[float]) -> Tensor:
    """Logits (N,) on test of a linear model of the inputs, fitted on train; binary tasks only.

    Of the L2 `penalties` the one with the highest AUROC on val is taken.
    """
    from sklearn.linear_model import LogisticRegression

    scale = Standardize.fit(dataset.train.inputs, standardize)

    def flat(split: Split) -> Tensor:
        return scale(split.inputs).flatten(1)

    def logits(model: LogisticRegression, split: Split) -> Tensor:
        return torch.from_numpy(model.decision_function(flat(split)))

    rows = flat(dataset.train), dataset.train.labels
    fitted = [LogisticRegression(C=1.0 / penalty, max_iter=5000).fit(*rows) for penalty in penalties]
    best = max(fitted, key=lambda model: float(auroc(logits(model, dataset.val), dataset.val.labels)))
    return logits(best, dataset.test)
