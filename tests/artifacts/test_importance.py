"""Permutation importance against scikit-learn's, of the raw columns of the same model."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score, root_mean_squared_error

from src.artifacts import importance
from src.artifacts.importance import importance_table, permuted_copies
from src.data.preprocessing import TableRows
from src.randomness import Purpose, key
from tests.artifacts.conftest import Table

COLUMNS = ["age", "city", "smoker", "born"]


class Raw:
    """The predictor for scikit-learn: from a frame's rows to scores."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def fit(self, rows: Any, labels: Any) -> "Raw":
        return self

    def score(self, rows: Any, labels: Any) -> float:
        """The larger the better."""
        _, logits = self.table.predictor.predict(rows)
        if self.table.dataset.task == "regression":
            return -root_mean_squared_error(labels, logits)
        scores = logits.softmax(-1) if logits.ndim > 1 else logits
        return float(roc_auc_score(labels, scores, multi_class="ovr", labels=np.unique(labels)))


def test_a_column_matters_as_scikit_learn_says(table: Table):
    intake = table.dataset.preprocessor
    assert isinstance(intake, TableRows)
    found = importance_table(table.told, table.predictor, intake)
    its = permutation_importance(Raw(table), table.rows[COLUMNS], table.rows["y"], n_repeats=20, random_state=0)
    assert set(found["column"]) == set(COLUMNS)
    for row in found.itertuples():
        place = COLUMNS.index(row.column)
        error = math.hypot(row.sd / math.sqrt(5), its.importances_std[place] / math.sqrt(20))
        assert row.importance == pytest.approx(its.importances_mean[place], abs=4 * error)
    assert list(found["column"][:2]) == ["age", "city"]
    assert found["importance"].is_monotonic_decreasing
    assert set(found["metric"]) == {"rmse" if table.dataset.task == "regression" else "auroc"}


def test_features_of_a_column_move_together_and_others_stay():
    inputs = torch.arange(60.0).reshape(12, 5)
    copies = permuted_copies(inputs, torch.tensor([1, 2]), key(0, Purpose.IMPORTANCE, 3, torch.arange(4)))
    assert torch.equal(copies[..., [0, 3, 4]], inputs[:, [0, 3, 4]].expand(4, 12, 3))
    assert torch.equal(copies[..., 2], copies[..., 1] + 1), "as they stand together in a row"
    assert torch.equal(copies[..., 1].sort(-1).values, inputs[:, 1].expand(4, 12))
    assert len({tuple(copy[:, 1].tolist()) for copy in copies}) == 4


def test_a_column_that_the_model_ignores_matters_nothing(regression: Table):
    born = [place for place, name in enumerate(regression.dataset.preprocessor.features) if name.startswith("born")]
    weight = regression.predictor.weights["linear.weight"].clone()
    weight[:, born] = 0.0
    weights = {**regression.predictor.weights, "linear.weight": weight}
    blind = replace(regression, predictor=replace(regression.predictor, weights=weights))
    found = importance_table(blind.told, blind.predictor, regression.dataset.preprocessor).set_index("column")
    assert found.loc["born", "importance"] == pytest.approx(0.0, abs=1e-12)
    assert found.loc["age", "importance"] > 0.1


def test_of_many_rows_a_sample_is_permuted(binary: Table, monkeypatch: pytest.MonkeyPatch):
    intake = binary.dataset.preprocessor
    whole = importance_table(binary.told, binary.predictor, intake).set_index("column")
    monkeypatch.setattr(importance, "ROWS", 300)
    some = importance_table(binary.told, binary.predictor, intake).set_index("column")
    assert set(some["n"]) == {300}
    assert set(whole["n"]) == {len(binary.rows)}
    assert some.loc["age", "importance"] == pytest.approx(whole.loc["age", "importance"], abs=0.05)
