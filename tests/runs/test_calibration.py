"""`calibrate=temperature`: what a run predicts, with its logits divided by one number that is fitted on val."""

from pathlib import Path
from typing import Any

import pytest
import torch

from src import runs
from src.prediction.predictor import Predictor
from src.runs.evaluation import Predictions, read_predictions
from src.statistics.temperature import fit_temperature
from tests import doors

KEYS = ["-m", "data=breast_cancer", "model.widths=[8]", "epochs=4", "test=true", "tracking.save_model=true"]
GRID = ["calibrate=null,temperature"]
UNRANKED = {"brier", "calibration_error", "calibration_error_by_chance", "calibration_error_uncalibrated"}


@pytest.fixture(scope="module", params=["native", "stacked", "single"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of two runs that differ in nothing else: as it is, and calibrated."""
    folder = tmp_path_factory.mktemp("pair")
    keys = [f"engine={request.param}", "tracking.enabled=false"]
    done = doors.run("-m", "src.train", *KEYS, *GRID, *keys, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (sweep,) = (folder / "mlruns" / "sweeps").iterdir()
    return sweep / "0", sweep / "1"


def told(folder: Path) -> dict[str, Any]:
    return runs.read_json(folder / runs.RESULTS)


def loss(found: Predictions) -> float:
    return float(torch.nn.functional.binary_cross_entropy_with_logits(found.logits.double(), found.labels.double()))


def test_logits_are_divided_by_what_makes_val_likeliest(pair: tuple[Path, Path]):
    plain, calibrated = (read_predictions(folder) for folder in pair)
    temperature = told(pair[1])["temperature"]
    fitted = fit_temperature(plain["val"].logits, plain["val"].labels)
    assert temperature == pytest.approx(fitted, rel=1e-5) != 1.0
    assert told(pair[0])["temperature"] is None
    for split in ("val", "test"):
        torch.testing.assert_close(calibrated[split].logits, plain[split].logits / temperature, rtol=1e-4, atol=1e-6)
    assert loss(calibrated["val"]) < loss(plain["val"])


def test_ranks_and_decisions_stay_and_the_calibration_error_is_told_before_and_after(pair: tuple[Path, Path]):
    for split in ("val", "test"):
        plain, calibrated = (told(folder)[split] for folder in pair)
        assert calibrated["calibration_error_uncalibrated"] == pytest.approx(plain["calibration_error"], abs=1e-5)
        assert calibrated["calibration_error"] < plain["calibration_error"]
        for name in plain.keys() - UNRANKED:
            if not name.startswith("brier"):
                assert calibrated[name] == pytest.approx(plain[name], abs=1e-9), name
    assert 0 < told(pair[1])["threshold"] < 1


def test_the_model_that_is_kept_gives_them(pair: tuple[Path, Path]):
    model = Predictor.of_run(pair[1])
    assert model.temperature == told(pair[1])["temperature"]
    assert model.threshold == told(pair[1])["threshold"]


def test_a_run_without_a_finite_epoch_has_none(tmp_path: Path):
    keys = ["data=wine", "optimizer=sgd", "optimizer.lr=1e30", "calibrate=temperature", "tracking.enabled=false"]
    done = doors.run("-m", "src.train", *keys, "model.widths=[4]", "epochs=2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "mlruns" / "runs").iterdir()
    assert told(folder)["temperature"] is None
