"""Figures of classes and the confusion matrix against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score

from src.artifacts.classes import classes_table, confusion_counts
from tests.artifacts.conftest import Table, table_of


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_are_those_of_scikit_learn(task: str):
    table = table_of(task)
    classes, true = table.dataset.classes, table.rows["y"]
    logits = table.predictor.logits(table.dataset.test.inputs)
    if task == "binary":
        scores = np.stack([-logits, logits], 1)
        predicted = np.array(classes)[(logits.sigmoid().numpy() >= 0.35).astype(int)]
    else:
        scores, predicted = logits.softmax(-1).numpy(), np.array(classes)[logits.argmax(-1).numpy()]
    counts = confusion_counts(table.told).numpy()
    assert (counts == confusion_matrix(true, predicted, labels=classes)).all()
    report = classification_report(true, predicted, labels=classes, output_dict=True)
    for place, row in classes_table(table.told).set_index("class").iterrows():
        its = report[place]
        assert row["n"] == its["support"]
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx(
            [its["precision"], its["recall"], its["f1-score"]]
        )
        assert row["auroc"] == pytest.approx(roc_auc_score(true == place, scores[:, classes.index(place)]))
    assert 0 < counts.trace() < counts.sum(), "the model errs, or the test proves nothing"


def test_the_threshold_decides(binary: Table):
    probabilities = binary.predictor.logits(binary.dataset.test.inputs).sigmoid()
    assert int(binary.told.decided.sum()) == int((probabilities >= 0.35).sum()) != int((probabilities >= 0.5).sum())
