"""Folds as a sweep: each row is predicted once, by the model that had not seen it; figures against scikit-learn."""

import re
from pathlib import Path

import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import accuracy_score, roc_auc_score

from src.prediction.predictor import Predictor
from src.sweep.folds import OUT_OF_FOLD, OutOfFold, drawn_folds
from tests import doors
from tests.data.tables.made import csv, customers

KEYS = ("data=table", "data.path=train.csv", "data.target=bought", "data.group=site", "tracking.enabled=false")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A sweep of three folds of a table with groups, and what it said."""
    folder = tmp_path_factory.mktemp("folds")
    csv(folder, customers(150).assign(site=[number % 30 for number in range(150)]), "train.csv")
    keys = (*KEYS, "data.num_folds=3", "data.fold=0,1,2", "epochs=3", "model.widths=[4]")
    done = doors.run("-m", "src.train", "-m", *keys, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (sweep,) = (folder / "mlruns" / "sweeps").iterdir()
    return sweep, done.stdout


def test_each_row_stands_out_of_fold_once_and_groups_in_one_fold(swept: tuple[Path, str]):
    found = pd.read_parquet(swept[0] / OUT_OF_FOLD)
    assert sorted(found["row"].astype(int)) == [*range(1, 151)]
    site = (found["row"].astype(int) - 1) % 30
    assert (found.groupby(site)["fold"].nunique() == 1).all()
    truth = (customers(150)["bought"] == "ja").astype(int)
    assert found["label"].tolist() == truth[found["row"].astype(int) - 1].tolist()


def test_out_of_fold_predictions_are_those_of_the_model_of_the_fold(swept: tuple[Path, str]):
    sweep, _ = swept
    found = pd.read_parquet(sweep / OUT_OF_FOLD)
    for fold, rows in found.groupby("fold"):
        inputs, logits = Predictor.of_run(sweep / str(fold)).predict(customers(150).iloc[rows["row"].astype(int) - 1])
        assert not inputs.faults
        assert rows["logit"].tolist() == pytest.approx(logits.tolist(), abs=1e-5)


def test_folds_of_several_seeds_are_not_more_folds():
    figures = pd.DataFrame({"fold": [0, 1, 2] * 2, "seed": [0] * 3 + [1] * 3, "auroc": [0.8] * 6})
    table = drawn_folds(OutOfFold(pd.DataFrame(), figures, "binary"))
    assert str(table.title).startswith("the best configuration on 3 folds of 2 seeds, each by")


def test_the_figures_told_are_the_mean_and_sd_over_the_folds(swept: tuple[Path, str]):
    sweep, said = swept
    found = pd.read_parquet(sweep / OUT_OF_FOLD)
    told = said.split("the best configuration on 3 folds")[1]
    theirs = {
        "auroc": lambda rows: roc_auc_score(rows["label"], rows["logit"]),
        "accuracy": lambda rows: accuracy_score(rows["label"], expit(rows["logit"]) >= 0.5),
    }
    for name, figure in theirs.items():
        values = pd.Series([figure(rows) for _, rows in found.groupby("fold")])
        line = rf"{name} +{values.mean():.4f} ± {values.std():.4f} +{values.min():.4f} +{values.max():.4f}"
        assert re.search(line, told), (line, told)
