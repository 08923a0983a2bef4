"""Promise 3: a run whose batches are divided among processes, or accumulated from smaller ones, has the curve of one process."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from src.optimizers import OPTIMIZERS
from src.runs import HISTORY, read_json
from tests import doors

# 1,257 rows in batches of 57: 22 whole ones and one of 3, which 2 processes share unevenly, and of which 4 leave one without.
KEYS = {
    "+experiment": "digits",
    "trainer.precision": "64-true",
    "trainer.accelerator": "cpu",
    "model.dropout": "0.3",
    "batch_size": "57",
    "augment": "affine",
    "augment.noise": "0.05",
    "augment.mixup": "0.4",
    "ema": "0.9",
    "epochs": "2",
    "patience": "null",
    "tracking.enabled": "false",
}
PROCESSES = (1, 2, 4)
OTHERS = {
    "accumulated": {"batch_size": "19", "trainer.accumulate_grad_batches": "3", "trainer.devices": "1,2"},
    "clipped": {"trainer.gradient_clip_val": "0.1", "trainer.devices": "1,2", "schedule": "cosine"},
}
ROUNDING = 1e-12  # 100 times 1e-14: after two epochs their twins differ by 2e-16 at most, and the processes by 5e-16


def keys(**given: str) -> list[str]:
    return [f"{key}={value}" for key, value in {**KEYS, **given}.items()]


def sweep(folder: Path, name: str, **given: str) -> None:
    """Those of many devices are trained by Lightning, and so shall the one be."""
    overrides = keys(engine="single", **given, **{"hydra.sweep.dir": f"mlruns/sweeps/{name}"})
    done = doors.run("-m", "src.train", "-m", *overrides, cwd=folder, timeout=550)
    assert done.returncode == 0, done.stdout + done.stderr


def history(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "mlruns" / name / HISTORY).drop(columns="epoch_seconds")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every optimizer has trained on one process, on two and on four."""
    folder = tmp_path_factory.mktemp("ranks")
    sweep(folder, "all", **{"optimizer.name": ",".join(OPTIMIZERS), "trainer.devices": ",".join(map(str, PROCESSES))})
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_many_processes_have_the_curve_of_one(folder: Path, optimizer: str):
    first = len(PROCESSES) * list(OPTIMIZERS).index(optimizer)
    one, *others = (history(folder, f"sweeps/all/{first + place}") for place in range(len(PROCESSES)))
    for other in others:
        pd.testing.assert_frame_equal(other, one, rtol=ROUNDING)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_they_have_it_however_a_step_is_made(folder: Path, name: str):
    sweep(folder, name, **OTHERS[name])
    one, two = (history(folder, f"sweeps/{name}/{number}") for number in (0, 1))
    pd.testing.assert_frame_equal(two, one, rtol=ROUNDING)


@pytest.mark.slow
def test_they_end_as_it_does(folder: Path):
    """By patience where nothing moves, and as diverged where a step is too long."""
    rates = {"optimizer.name": "sgd", "optimizer.lr": "1e-9,1e300", "objective": "val/accuracy"}
    sweep(folder, "ends", **rates, **{"patience": "1", "epochs": "9", "trainer.devices": "1,2"})
    ends = [read_json(folder / f"mlruns/sweeps/ends/{number}/results.json") for number in range(4)]
    assert [end["stop_reason"] for end in ends] == ["patience", "patience", "diverged", "diverged"]
    for one, two in ((0, 1), (2, 3)):
        assert ends[one]["stopped_epoch"] == ends[two]["stopped_epoch"]
        assert len(history(folder, f"sweeps/ends/{one}")) == len(history(folder, f"sweeps/ends/{two}"))


@pytest.mark.slow
def test_torchrun_starts_the_same(folder: Path):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    given = keys(**{"trainer.devices": "2", "optimizer.name": "adam"})
    env = {**os.environ, **doors.environment()}
    done = subprocess.run([*launcher, "-m", "src.train", *given], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one = history(folder, f"sweeps/all/{len(PROCESSES) * list(OPTIMIZERS).index('adam')}")
    (run,) = (folder / "mlruns/runs").iterdir()
    pd.testing.assert_frame_equal(history(folder, f"runs/{run.name}"), one, rtol=ROUNDING)
