"""Metrics against scikit-learn, with ties, and with leading axes against a loop."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from src.metrics import (
    METRICS,
    OBJECTIVES,
    accuracy,
    auroc,
    average_precision,
    calibration_error,
    calibration_error_by_chance,
    evaluate,
    full_report,
    objectives_for,
    sensitivity,
)
from src.tasks import TASKS

scored = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(label for _, label in rows) < len(rows)
)


@settings(max_examples=200, deadline=None)
@given(scored)
def test_ranks_and_precision_are_scikit_learns_ties_included(rows):
    scores, labels = (np.array(column) for column in zip(*rows, strict=True))
    tensors = torch.tensor(scores / 6.0), torch.tensor(labels.astype(int))
    assert float(auroc(*tensors)) == pytest.approx(sk.roc_auc_score(labels, scores), abs=1e-12)
    assert float(average_precision(*tensors)) == pytest.approx(sk.average_precision_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize("metric", [auroc, average_precision])
def test_what_has_no_rank_makes_the_area_nan(metric):
    labels, scores = torch.arange(40) % 2, torch.linspace(-1, 1, 40).repeat(3, 1)
    scores[1, 3], scores[2] = torch.nan, torch.nan
    found = metric(scores, labels)
    assert found.isnan().tolist() == [False, True, True]
    assert found[0] == metric(scores[0], labels)


def binary(n=200, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (n,), generator=generator)
    return labels + torch.randn(n, generator=generator, dtype=torch.float64), labels


def test_binary_report_is_scikit_learns():
    logits, labels = binary()
    probabilities, decided = torch.sigmoid(logits).numpy(), (logits > 0).numpy()
    report = {name: float(value) for name, value in full_report("binary", logits, labels, threshold=0.7).items()}
    expected = {
        "auroc": sk.roc_auc_score(labels, probabilities),
        "average_precision": sk.average_precision_score(labels, probabilities),
        "brier": sk.brier_score_loss(labels, probabilities),
        "accuracy": sk.accuracy_score(labels, decided),
        "sensitivity": sk.recall_score(labels, decided),
        "specificity": sk.recall_score(labels, decided, pos_label=0),
        "accuracy_at_threshold": sk.accuracy_score(labels, probabilities >= 0.7),
        "sensitivity_at_threshold": sk.recall_score(labels, probabilities >= 0.7),
        "specificity_at_threshold": sk.recall_score(labels, probabilities >= 0.7, pos_label=0),
    }
    assert {name: report[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    assert report.keys() == expected.keys() | {"calibration_error", "calibration_error_by_chance"}


def test_multiclass_report_is_scikit_learns():
    logits, labels = (
        torch.randn(150, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)),
        torch.arange(150) % 4,
    )
    report, probabilities = full_report("multiclass", logits, labels), logits.softmax(-1).numpy()
    assert float(report["auroc"]) == pytest.approx(sk.roc_auc_score(labels, probabilities, multi_class="ovr"))
    assert float(report["average_precision"]) == pytest.approx(sk.average_precision_score(labels, probabilities))
    assert float(report["accuracy"]) == pytest.approx(sk.accuracy_score(labels, probabilities.argmax(1)))


def test_regression_report_is_scikit_learns():
    targets = torch.randn(80, generator=torch.Generator().manual_seed(0))
    predictions = targets + 0.3 * torch.randn(80, generator=torch.Generator().manual_seed(1))
    report = {name: float(value) for name, value in full_report("regression", predictions, targets).items()}
    assert report == pytest.approx(
        {
            "rmse": sk.root_mean_squared_error(targets, predictions),
            "r2": sk.r2_score(targets, predictions),
            "mae": sk.mean_absolute_error(targets, predictions),
        },
        rel=1e-6,
    )


@pytest.mark.parametrize("n", [20, 156, 4000])
def test_a_calibrated_model_has_the_calibration_error_that_chance_makes(n: int):
    generator = torch.Generator().manual_seed(0)
    confidence = (2 * torch.randn(300, n, generator=generator, dtype=torch.float64)).sigmoid()
    labels = (torch.rand(300, n, generator=generator, dtype=torch.float64) < confidence).long()
    found = calibration_error(confidence, labels)
    assert float(calibration_error_by_chance(confidence).mean()) == pytest.approx(float(found.mean()), rel=0.05)


def test_chance_makes_nothing_of_what_is_certain():
    assert float(calibration_error_by_chance(torch.tensor([0.0, 1.0, 1.0]))) == 0.0
    assert float(calibration_error_by_chance(torch.tensor([0.5, 0.5]))) == pytest.approx(0.25)


def test_calibration_error_is_that_of_a_loop_over_the_bins():
    logits, labels = binary(500)
    confidence, expected = torch.sigmoid(logits), 0.0
    for low in np.arange(15) / 15:
        inside = (confidence >= low) & (confidence < low + 1 / 15)
        expected += abs(float((labels[inside] - confidence[inside]).sum())) / 500
    assert float(calibration_error(confidence, labels)) == pytest.approx(expected)


@pytest.mark.parametrize("task", TASKS)
def test_leading_axes_are_a_loop_and_every_objective_is_measured(task):
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(3, 2, 40, *([5] if task == "multiclass" else []), generator=generator)
    labels = (
        torch.randn(40, generator=generator)
        if task == "regression"
        else torch.arange(40) % (5 if task == "multiclass" else 2)
    )
    together = full_report(task, logits, labels.expand(3, 2, 40))
    for i in range(3):
        for j in range(2):
            for name, value in full_report(task, logits[i, j], labels).items():
                torch.testing.assert_close(together[name][i, j], value)
    measured = {f"val/{name}" for name in evaluate(task, logits, labels)} | {"val/loss"}
    assert set(objectives_for(task)) == measured | {"num_params"}
    assert {name for name in objectives_for(task) if OBJECTIVES[name].each_epoch} == measured


BINARY = [name for name, metric in METRICS.items() if "binary" in metric.of]


@pytest.mark.parametrize("name", BINARY)
def test_a_metric_is_better_for_scores_that_tell_the_classes_apart(name):
    labels = torch.arange(40) % 2
    good = 6.0 * (labels - 0.5) + torch.randn(40, generator=torch.Generator().manual_seed(0))
    of_good, of_bad = (float(full_report("binary", logits, labels)[name]) for logits in (good, -good))
    assert of_good < of_bad if METRICS[name].direction == "minimize" else of_good > of_bad


@pytest.mark.parametrize("name", [name for name in BINARY if METRICS[name].decision])
def test_a_decision_at_one_half_is_the_figure_itself(name):
    report = full_report("binary", *binary(), threshold=0.5)
    assert report[f"{name}_at_threshold"] == report[name]


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if "regression" in metric.of])
def test_a_metric_is_better_for_predictions_that_are_near(name):
    targets = torch.linspace(-2, 2, 30)
    near, far = (float(full_report("regression", targets + error, targets)[name]) for error in (0.1, 1.0))
    assert near < far if METRICS[name].direction == "minimize" else near > far


def test_one_class_only_has_no_auroc():
    assert torch.isnan(auroc(torch.rand(5), torch.ones(5)))


def test_the_threshold_itself_counts_as_positive():
    probabilities, labels = torch.tensor([0.5, 0.4]), torch.tensor([1, 0])
    assert accuracy(probabilities, labels, 0.5) == 1
    assert sensitivity(probabilities, labels, 0.5) == 1
