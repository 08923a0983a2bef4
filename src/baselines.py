"""Classical models on the same rows, as scikit-learn has them."""

import torch

from src.data.dataset import Dataset, Split
from src.data.transforms import Standardize
from src.metrics import full_report


def logistic_regression(dataset: Dataset, *, standardize: str, penalty: float) -> dict[str, float]:
    """Test figures at 0.5 of a linear model of the inputs with an L2 `penalty`, fitted on train; binary tasks only."""
    from sklearn.linear_model import LogisticRegression

    scale = Standardize.fit(dataset.train.inputs, standardize)

    def flat(split: Split) -> torch.Tensor:
        return scale(split.inputs).flatten(1)

    model = LogisticRegression(C=1.0 / penalty, max_iter=5000).fit(flat(dataset.train), dataset.train.labels)
    logits = torch.from_numpy(model.decision_function(flat(dataset.test)))
    return {name: float(value) for name, value in full_report("binary", logits, dataset.test.labels).items()}
