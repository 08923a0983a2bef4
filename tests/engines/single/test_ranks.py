"""Promise 3: a run whose batches are divided among processes, or accumulated from smaller ones, has the curve of one process."""

from pathlib import Path

import pandas as pd
import pytest

from src.runs import HISTORY
from tests import doors

# 1,257 rows in batches of 57: 22 whole ones and one of 3, which 2 processes share unevenly.
KEYS = [
    "+experiment=digits",
    "trainer.precision=64-true",
    "model.dropout=0.3",
    "batch_size=57",
    "augment=affine",
    "augment.noise=0.05",
    "augment.mixup=0.4",
    "ema=0.9",
    "epochs=12",
]
TWO = ["trainer.devices=2", "trainer.strategy=ddp", "epochs=30"]  # long enough for a kill to meet one on a busy machine


def start(folder: Path, name: str, *keys: str) -> doors.Started:
    given = {text.partition("=")[0]: text for text in (*KEYS, *keys)}
    place = ("patience=null", "trainer.accelerator=cpu", f"hydra.run.dir=mlruns/runs/{name}")
    return doors.start("-m", "src.train", *given.values(), *place, cwd=folder, output=folder / "output")


def history(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "mlruns" / "runs" / name / HISTORY).drop(columns="epoch_seconds")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of one process and of two lie that the others are compared with."""
    folder = doors.with_store(tmp_path_factory.mktemp("ranks"))
    for name, keys in {"one": [], "two": TWO}.items():
        assert start(folder, name, *keys).wait(120) == 0, (folder / "output").read_text()
    return folder


@pytest.mark.slow
def test_two_processes_have_the_curve_of_one(folder: Path):
    assert start(folder, "accumulated", "batch_size=19", "trainer.accumulate_grad_batches=3").wait(120) == 0
    one = history(folder, "one")
    for name in ("two", "accumulated"):
        pd.testing.assert_frame_equal(history(folder, name).head(len(one)), one, rtol=1e-9)
    left = [{path.name for path in (folder / "mlruns/runs" / name).iterdir()} for name in ("one", "two")]
    assert left[0] == left[1]
    (found,) = mlflow_runs(folder, "two")
    assert found.info.status == "FINISHED"


def mlflow_runs(folder: Path, name: str) -> list:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("digits")
    return client.search_runs([experiment.experiment_id], f"tags.folder = '{name}'")
