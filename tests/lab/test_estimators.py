"""scikit-learn's own checks, and what it does beside ours."""

import pickle

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_blobs, make_friedman1
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from src import lab
from src.lab.estimators import MLPClassifier, MLPRegressor, Perceptron


@pytest.mark.filterwarnings("ignore")  # of scikit-learn's own checks
@parametrize_with_checks([MLPClassifier(epochs=100), MLPRegressor(epochs=100), Perceptron(epochs=100)])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


def test_classes_are_told_apart_as_well_as_by_a_linear_model_and_better():
    rows, labels = load_breast_cancer(return_X_y=True, as_frame=True)
    labels = labels.map({0: "malignant", 1: "benign"})
    scores = cross_val_score(MLPClassifier((32,), lr=3e-3, random_state=0), rows, labels, cv=3)
    linear = cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), rows, labels, cv=3)
    assert scores.mean() > linear.mean() - 0.015
    fitted = Perceptron(random_state=0).fit(rows, labels)
    assert list(fitted.classes_) == ["benign", "malignant"]
    assert list(fitted.feature_names_in_) == list(rows.columns)
    probabilities = fitted.predict_proba(rows)
    assert np.allclose(probabilities.sum(1), 1)
    assert ((probabilities[:, 1] > 0.5) == (fitted.predict(rows) == "malignant")).all()
    assert np.allclose(probabilities[:, 1], 1 / (1 + np.exp(-fitted.decision_function(rows))))


def test_numbers_are_predicted_in_their_units():
    rows, targets = make_friedman1(600, random_state=0)
    ours = cross_val_score(
        MLPRegressor((32,), early_stopping=True, lr=1e-2, random_state=0), rows, 1000 + targets, cv=3
    )
    linear = cross_val_score(Ridge(), rows, 1000 + targets, cv=3)
    assert ours.mean() > linear.mean() + 0.02


def test_rosenblatts_rule_separates_what_can_be_separated():
    rows, labels = make_blobs(200, centers=[[-3, -3], [3, 3]], random_state=0)
    fitted = Perceptron(loss="perceptron", optimizer="sgd", lr=1.0, batch_size=1, epochs=20).fit(rows, labels)
    assert fitted.score(rows, labels) == 1.0
    assert fitted.loss_ == 0.0


def test_one_state_is_one_model_whatever_it_trains_beside():
    rows, labels = load_iris(return_X_y=True)
    alone = MLPClassifier((8,), epochs=20, dropout=0.2, random_state=3).fit(rows, labels)
    again = pickle.loads(pickle.dumps(clone(alone).fit(rows, labels)))
    assert (alone.predict_proba(rows) == again.predict_proba(rows)).all()
    other = clone(alone).set_params(random_state=4).fit(rows, labels)
    assert (alone.predict_proba(rows) != other.predict_proba(rows)).any()
    grid = {"lr": [1e-3, 1e-2], "dropout": [0.0, 0.2]}
    together = lab.GridSearch(clone(alone), grid, cv=3, n_jobs=4).fit(rows, labels)
    one_by_one = GridSearchCV(clone(alone), grid, cv=3).fit(rows, labels)
    assert list(together.cv_results_["mean_test_score"]) == list(one_by_one.cv_results_["mean_test_score"])
    assert together.best_params_ == one_by_one.best_params_
    assert (together.predict_proba(rows) == one_by_one.predict_proba(rows)).all()


def test_a_weight_of_two_is_a_row_twice():
    rows, labels = load_iris(return_X_y=True)
    counts = np.tile([1, 2, 0], 50)
    model = MLPClassifier((8,), batch_size=1000, epochs=30, random_state=0)
    weighted = clone(model).fit(rows, labels, sample_weight=counts)
    repeated = clone(model).fit(np.repeat(rows, counts, 0), np.repeat(labels, counts))
    assert np.allclose(weighted.predict_proba(rows), repeated.predict_proba(rows), atol=1e-9)
    assert weighted.history_["train/loss"].to_numpy() == pytest.approx(repeated.history_["train/loss"].to_numpy())


def test_early_stopping_keeps_the_best_weights():
    rows, labels = load_breast_cancer(return_X_y=True)
    fitted = MLPClassifier((64,), early_stopping=True, patience=5, lr=1e-2, random_state=0).fit(rows, labels)
    history = fitted.history_
    assert fitted.n_iter_ == len(history) == int(history["val/loss"].argmin()) + 1 + 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "optimizer.lr: must be greater than 0, but got -1.0"),
        ({"activation": "relux"}, "model.activation: must be one of"),
        ({"optimizer": "adamx"}, "optimizer: must be one of"),
        ({"widths": (0,)}, "model.widths"),
        ({"lr": 1e30, "optimizer": "sgd"}, "lr: must let the loss stay finite"),
    ],
)
def test_a_mistake_is_told_in_one_line(settings, message):
    rows, labels = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=f"^{message}") as told:
        MLPClassifier(**{"epochs": 3, **settings}).fit(rows, labels)
    assert "\n" not in str(told.value)


def test_frames_of_two_types_train_in_theirs():
    rows, labels = load_iris(return_X_y=True, as_frame=True)
    single = MLPClassifier((8,), epochs=5, random_state=0).fit(rows.astype(np.float32), labels)
    double = MLPClassifier((8,), epochs=5, random_state=0).fit(rows, labels)
    assert single.run_.trainer.precision == "32-true"
    assert double.run_.trainer.precision == "64-true"
    assert isinstance(double.history_, pd.DataFrame)
    assert np.allclose(single.predict_proba(rows), double.predict_proba(rows), atol=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of MLflow's
def test_a_pipeline_and_a_search_are_recorded_where_mlflow_is_asked(tmp_path):
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.sklearn.autolog(log_models=False, silent=True)
    try:
        rows, labels = load_iris(return_X_y=True)
        make_pipeline(StandardScaler(), MLPClassifier((8,), epochs=3)).fit(rows, labels)
        lab.GridSearch(MLPClassifier((8,), epochs=3), {"lr": [1e-3, 1e-2]}, cv=2).fit(rows, labels)
        found = mlflow.search_runs()
    finally:
        mlflow.sklearn.autolog(disable=True)
        mlflow.set_tracking_uri(None)
    assert sorted(found["params.mlpclassifier__epochs"].dropna()) == ["3"]
    assert found["metrics.training_accuracy_score"].notna().sum() == 2
    assert sorted(found["params.lr"].dropna()) == ["0.001", "0.01"]
