"""Which models are asked: of a sweep those that its leaderboard names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from src.prediction.predictor import Predictor
from src.serving.models import find_predictors
from src.serving.predict import predict_file, predict_rows


@pytest.mark.parametrize("content", [b"", b"x\n", bytes(50)])
def test_a_damaged_leaderboard_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "leaderboard.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"leaderboard\.csv: must be whole, but got"):
        find_predictors(str(tmp_path), None)


def test_models_that_read_other_rows_or_tell_others_are_not_averaged(trained: Callable[[str], Path]):
    binary, images = (Predictor.of_run(trained(kind)) for kind in ("binary", "images"))
    path = trained("binary").parents[2] / "customers.csv"
    with pytest.raises(ValueError, match=r"^run: all models must tell .*left.*stayed.*, but got \('0', "):
        predict_file([binary, images], path)
    with pytest.raises(ValueError, match=r"^run: all models must take table, but got one of arrays\.$"):
        predict_file([binary, replace(images, task=binary.task, classes=binary.classes)], path)


def test_the_columns_of_each_model_are_asked_for(trained: Callable[[str], Path], tmp_path: Path):
    regression = Predictor.of_run(trained("regression"))
    binary = replace(Predictor.of_run(trained("binary")), task="regression", classes=())
    frame = pd.read_csv(trained("binary").parents[2] / "customers.csv").drop(columns="plan")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    for models in ([binary, regression], [regression, binary]):
        with pytest.raises(ValueError, match=r"^input: must have the columns plan, but got only age, "):
            predict_file(models, tmp_path / "rows.csv")


def test_models_of_arrays_must_take_one_shape(trained: Callable[[str], Path]):
    images = Predictor.of_run(trained("images"))
    other = replace(images, preprocessor={**images.preprocessor, "shape": [1, 4, 4]})
    with pytest.raises(ValueError, match=r"^input: each row must have the shape \(1, 4, 4\), but got \(1, 8, 8\)\.$"):
        predict_rows([images, other], images.intake.take([[0.0] * 64]), "rows")


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("num_models", [1, 2])
def test_of_no_rows_there_are_no_predictions(trained: Callable[[str], Path], kind: str, num_models: int):
    model = Predictor.of_run(trained(kind))
    frame = pd.read_csv(trained(kind).parents[2] / "customers.csv")
    some, none = (
        predict_rows([model] * num_models, model.intake.take(rows), "rows").frame for rows in (frame, frame[:0])
    )
    assert (len(none), list(none.columns)) == (0, list(some.columns))
