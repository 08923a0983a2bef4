"""A table with a predictor of it, and what artifacts are made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from src.artifacts.evaluated import Evaluated
from src.data.dataset import Dataset
from src.data.preprocessing import stored
from src.data.tables.dataset import Choices, table_dataset
from src.data.tables.files import Format
from src.data.transforms import Standardize
from src.prediction.predictor import Predictor
from src.runs.evaluation import predicted

ROWS = 900
SPLITS = {"val_fraction": 0.1, "test_fraction": 0.6, "split_seed": 0, "fold": None, "num_folds": 5}
TARGETS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "binary": lambda rows: rows["score"] > 0,
    "multiclass": lambda rows: pd.cut(rows["score"], [-np.inf, -1, 1, np.inf], labels=["low", "middle", "high"]),
    "regression": lambda rows: rows["score"],
}


@dataclass(frozen=True)
class Table:
    """A frame as a user has it, its dataset, and a linear model of it."""

    frame: pd.DataFrame
    dataset: Dataset
    predictor: Predictor

    @property
    def rows(self) -> pd.DataFrame:
        """Those of test, as they came."""
        return self.frame.iloc[[int(name) - 1 for name in self.dataset.test.names]]

    @property
    def told(self) -> Evaluated:
        """The model's predictions of test."""
        data, test = self.dataset, self.dataset.test
        found = predicted(self.predictor, data, test)
        return Evaluated("test", test, found, data.task, data.classes, self.predictor.threshold, seed=0)


def table_of(task: str) -> Table:
    """A number with gaps, a category, a yes and no, a date that tells nothing, and a site that the model does not see."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(50, 10, ROWS).round(1)),
            "city": rng.choice(["Rome", "Oslo", "Bern", "NA"], ROWS),
            "smoker": rng.choice(["yes", "no"], ROWS),
            "born": pd.to_datetime("2000-01-01") + pd.to_timedelta(rng.integers(0, 3000, ROWS), unit="D"),
            "site": rng.choice(["1", "2", "10"], ROWS, p=[0.5, 0.48, 0.02]),
        }
    )
    signal = frame["age"].fillna(50).sub(50) / 10 + 1.5 * (frame["city"] == "Oslo") + (frame["smoker"] == "yes") - 1
    target = TARGETS[task](pd.DataFrame({"score": signal + rng.normal(0, 0.7, ROWS)}))
    frame["y"] = target.astype(float if task == "regression" else str)
    choices = Choices("y", task=task, scale="standard", slices=("site", "age"), columns={"site": "drop"})
    form = Format(0, None, None, None, None)
    dataset = table_dataset("table", "a table", frame, choices, SPLITS, form=form, decimal=".")
    return Table(frame, dataset, _fitted(dataset))


def _fitted(dataset: Dataset) -> Predictor:
    """A perceptron by least squares, in float64."""
    inputs, labels = dataset.train.inputs.double(), dataset.train.labels
    outputs = {
        "binary": lambda: 4.0 * labels.double().unsqueeze(1) - 2.0,
        "multiclass": lambda: 4.0 * torch.nn.functional.one_hot(labels, len(dataset.classes)).double(),
        "regression": lambda: labels.double().unsqueeze(1),
    }[dataset.task]()
    padded = torch.cat([inputs, torch.ones(len(inputs), 1)], 1)
    weight = (torch.linalg.pinv(padded) @ outputs).T.contiguous()
    return Predictor(
        target="src.models.perceptron.Perceptron",
        arguments={"activation": "identity", "init": "zeros", "bias": True},
        spec=dataset.spec.state(with_quantiles=False),
        weights={"linear.weight": weight[:, :-1], "linear.bias": weight[:, -1]},
        standardize=Standardize.fit(dataset.train.inputs, "none").state(),
        preprocessor=stored(dataset.intake),
        task=dataset.task,
        classes=dataset.classes,
        threshold=0.35 if dataset.task == "binary" else None,
        target_scale=vars(dataset.target_scale) if dataset.target_scale else None,
        data=dataset.name,
    )


@pytest.fixture(scope="session", params=TARGETS)
def table(request: pytest.FixtureRequest) -> Table:
    """One of each task."""
    return table_of(request.param)


@pytest.fixture(scope="session")
def binary() -> Table:
    """Of two classes, `False` and `True`."""
    return table_of("binary")


@pytest.fixture(scope="session")
def regression() -> Table:
    """Of a number."""
    return table_of("regression")
