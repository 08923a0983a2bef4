"""Which models are asked: of a sweep those that its leaderboard names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from src.prediction.predictor import Predictor
from src.serving.models import find_predictors
from src.serving.predict import predict_file


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
