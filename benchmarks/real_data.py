"""Test figures on real tables and images, beside scikit-learn's logistic regression and gradient boosting on the same rows.

Command: python -m benchmarks.real_data tables=FOLDER images=FOLDER      (of telco_churn.csv, ...; of chest_xray/)
Tables: five folds, each of them test once; `CHOSEN` is one choice for all of them, nothing is searched. Images: ten seeds of
one split. Each figure is the mean and standard deviation over folds or seeds. scikit-learn's models are at their defaults, on
columns of the same kinds: numbers standardised and gaps filled with the median for the linear one, categories one-hot there
and as such for boosting.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from src.config.command_line import key_values
from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.preprocessing import TableRows
from src.data.reading import read_dataset
from src.data.tables.files import read_table
from src.data.tables.values import numbers, texts
from src.engines.single.engine import fit_unrecorded

TABLES = {
    "Telco churn": ("telco_churn.csv", "data.target=Churn"),
    "German credit": ("german.csv", "data.header=null", "data.target=20"),
    "California housing": ("california_housing.csv", "data.target=median_house_value"),
}
CHOSEN = ("epochs=60", "batch_size=256", "optimizer=adamw", "optimizer.lr=1e-3", "model.dropout=0.1", "patience=16")
MODELS = {
    "MLP": ("model.widths=[256,256]",),
    "MLP on embeddings": ("model=tabular", "data.categories=codes"),
}
IMAGES = ("data=images", "data.size=64", "augment=affine", "epochs=60", "model.widths=[256,64]", "model.dropout=0.2")
FOLDS, SEEDS = 5, 10


class Rows(NamedTuple):
    """Raw columns (N, F) and labels (N,) of a split."""

    columns: pd.DataFrame
    labels: np.ndarray


def main() -> None:
    """Print a line for each data set and model."""
    given = key_values(sys.argv[1:], ("tables", "images"))
    if "tables" in given:
        for name, (file, *keys) in TABLES.items():
            tell(name, of_table(Path(given["tables"]) / file, keys))
    if "images" in given:
        tell("chest_xray", of_images(Path(given["images"])))


def tell(name: str, scores: dict[str, list[dict[str, float]]]) -> None:
    """Mean and standard deviation of each figure."""
    for model, rows in scores.items():
        table = pd.DataFrame(rows)
        told = "   ".join(f"{figure} {_folded(table[figure])}" for figure in table)
        print(f"{name:<20} {model:<22} {told}", flush=True)


def _folded(values: pd.Series) -> str:
    spread = f" ± {values.std():.4f}" if len(values) > 1 else ""
    return f"{values.mean():.4f}{spread}"


def of_table(path: Path, keys: Sequence[str]) -> dict[str, list[dict[str, float]]]:
    """The figures of each fold, by model."""
    scores: dict[str, list[dict[str, float]]] = {}
    for fold in range(FOLDS):
        data = ("data=table", f"data.path={path}", *keys, f"data.fold={fold}")
        for name, model in MODELS.items():
            scores.setdefault(name, []).append(ours(compose_run(*data, *CHOSEN, *model, "tracking.enabled=false")))
        dataset = read_dataset(compose_run(*data).data)
        train, _, test = raw_rows(path, dataset)
        for name, classical in classical_models(dataset).items():
            fitted = classical.fit(train.columns, train.labels)
            scores.setdefault(name, []).append(judged(fitted, test, dataset.task))
    return scores


def of_images(root: Path) -> dict[str, list[dict[str, float]]]:
    """The figures of each seed, by model; the linear one and boosting have one of their own."""
    runs = [
        compose_run(f"data.root={root}", *IMAGES, f"seed={seed}", "tracking.enabled=false") for seed in range(SEEDS)
    ]
    dataset = read_dataset(runs[0].data)
    train, test = (
        Rows(pd.DataFrame(split.inputs.flatten(1).numpy() / 255.0), split.labels.numpy())
        for split in (dataset.train, dataset.test)
    )
    linear, boosting = LogisticRegression(C=0.01, max_iter=5000), HistGradientBoostingClassifier(random_state=0)
    return {
        "MLP": [ours(run) for run in runs],
        "logistic regression": [judged(linear.fit(train.columns, train.labels), test, "binary")],
        "gradient boosting": [judged(boosting.fit(train.columns, train.labels), test, "binary")],
    }


def ours(run: Run) -> dict[str, float]:
    """What a run makes of the test split."""
    found = fit_unrecorded(run).test_figures()
    return {name: found[name] for name in ("auroc", "accuracy", "rmse", "r2") if name in found}


def raw_rows(path: Path | str, dataset: Dataset) -> Iterator[Rows]:
    """Of train, val and test: numbers as numbers, all else as text, of the columns that the model uses."""
    intake = dataset.intake
    assert isinstance(intake, TableRows)
    table = read_table(Path(path), intake.form)
    columns = pd.DataFrame(
        {
            column.name: numbers(table.frame[column.name], table.decimal or ".")[0]
            if column.kind == "numeric"
            else [text or "missing" for text in texts(table.frame[column.name])]
            for column in intake.columns
        }
    )
    for split in (dataset.train, dataset.val, dataset.test):
        labels = split.labels if dataset.target_scale is None else dataset.target_scale.in_units(split.labels.double())
        yield Rows(columns.iloc[[int(name) - 1 for name in split.names]], labels.numpy())


def classical_models(dataset: Dataset) -> dict[str, BaseEstimator]:
    """A linear model and boosting, on raw columns."""
    intake = dataset.intake
    assert isinstance(intake, TableRows)
    numeric = [column.name for column in intake.columns if column.kind == "numeric"]
    others = [column.name for column in intake.columns if column.kind != "numeric"]
    filled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    flat = make_column_transformer((filled, numeric), (OneHotEncoder(handle_unknown="ignore"), others))
    coded = make_column_transformer(("passthrough", numeric), (ordinal, others))
    categories = list(range(len(numeric), len(numeric) + len(others)))
    if dataset.task == "regression":
        boosting = HistGradientBoostingRegressor(categorical_features=categories, random_state=0)
        return {"ridge regression": make_pipeline(flat, Ridge()), "gradient boosting": make_pipeline(coded, boosting)}
    boosting = HistGradientBoostingClassifier(categorical_features=categories, random_state=0)
    linear = LogisticRegression(max_iter=5000)
    return {"logistic regression": make_pipeline(flat, linear), "gradient boosting": make_pipeline(coded, boosting)}


def judged(model: BaseEstimator, rows: Rows, task: str) -> dict[str, float]:
    """The figures of a fitted model."""
    if task == "regression":
        predicted = model.predict(rows.columns)
        return {"rmse": root_mean_squared_error(rows.labels, predicted), "r2": r2_score(rows.labels, predicted)}
    probability = model.predict_proba(rows.columns)[:, 1]
    accuracy = accuracy_score(rows.labels, probability >= 0.5)
    return {"auroc": roc_auc_score(rows.labels, probability), "accuracy": accuracy}


if __name__ == "__main__":
    main()
