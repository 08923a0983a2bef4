"""The learning-rate range test: which rates, where it ends, what it suggests, what it leaves."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.engines.range_test import LEAST, MOST, STEPS, RangeTest, range_test
from tests import doors

KEYS = ("data=wine", "model.widths=[8]", "trainer.accelerator=cpu", "model.dropout=0.2")


def curve(*keys: str) -> RangeTest:
    run = compose_run(*KEYS, *keys)
    return range_test(run, read_dataset(run.data))


def test_the_rates_grow_by_one_factor_and_the_runs_own_has_no_part():
    test, other = curve("trainer.gradient_clip_val=1"), curve("trainer.gradient_clip_val=1", "optimizer.lr=0.5")
    assert test == other
    np.testing.assert_allclose(test.rates, np.geomspace(LEAST, MOST, STEPS)[: len(test.rates)])
    assert curve("seed=1").losses != test.losses


def test_it_ends_where_the_loss_explodes():
    test = curve("optimizer=sgd", "model.init=normal")
    assert test.has_exploded
    assert len(test.rates) < STEPS
    assert test.suggestion < test.rates[-1] / 10


@pytest.mark.parametrize("losses", [[3.0, 2.0, 1.0, 1.5], [1.0, 0.5, math.inf], [1.0, math.nan]])
def test_the_running_mean_is_pandas_own(losses: list[float]):
    test = RangeTest()
    for place, loss in enumerate(losses):
        test.add(10.0 ** (place - 3), loss)
    finite = [loss for loss in losses if math.isfinite(loss)]
    expected = pd.Series(finite).ewm(alpha=0.1).mean()
    np.testing.assert_allclose(test.smoothed[: len(finite)], expected)
    assert test.suggestion == pytest.approx(test.rates[int(expected.argmin())] / 10)
    assert test.has_exploded == (len(finite) < len(losses))


def test_the_door_leaves_the_curve_and_records_no_run(tmp_path: Path):
    done = doors.run("-m", "src.train", *KEYS, "lr_find=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "optimizer.lr=" in done.stdout
    (folder,) = (tmp_path / "mlruns" / "runs").iterdir()
    assert {path.name for path in folder.iterdir()} == {"lr_find.csv", "lr_find.png"}
    assert list(pd.read_csv(folder / "lr_find.csv")) == ["lr", "train/loss", "smoothed"]
    refused = doors.run("-m", "src.train", "-m", *KEYS, "lr_find=true", "seed=0,1", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: lr_find: must be false in a multirun")


def test_a_folder_of_a_run_is_left_as_it_is(tmp_path: Path):
    there = [*KEYS, "epochs=1", "tracking.enabled=false", "hydra.run.dir=mlruns/runs/there"]
    assert doors.run("-m", "src.train", *there, cwd=tmp_path).returncode == 0
    folder = tmp_path / "mlruns" / "runs" / "there"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    for keys in ([*there, "lr_find=true"], ["resume=there", "lr_find=true"]):
        refused = doors.run("-m", "src.train", *keys, cwd=tmp_path)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert refused.stderr.startswith("error: lr_find: must be asked in a folder where no run is, but got ")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
