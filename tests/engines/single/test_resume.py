"""Promise 2: a run killed at any moment and started again gives the bits of the run that was not killed."""

import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.engines.single.engine import fit_best
from src.runs import CHECKPOINT, HISTORY, read_json
from tests import doors

COMMAND = [
    *("-m", "src.train", "+experiment=digits", "epochs=80", "patience=null"),
    *("model.dropout=0.3", "augment=affine", "schedule=cosine", "optimizer=nadam", "ema=0.99", "diagnostics=true"),
]
NUM_KILLS = 10


def start(folder: Path, *more: str) -> doors.Started:
    return doors.start(*COMMAND, *more, cwd=folder, output=folder / "output")


def run_folder(folder: Path) -> Path | None:
    return next((path.parent for path in folder.glob("mlruns/runs/*/config.yaml")), None)


def committed_epochs(folder: Path) -> int:
    found = run_folder(folder)
    path = found / CHECKPOINT if found else None
    return torch.load(path, weights_only=True)["epoch"] if path and path.is_file() else 0


def kill_at_random(folder: Path, draw: random.Random, *more: str) -> int:
    """Start or resume, kill before, in or after the next epochs; returns the exit code."""
    process, before = start(folder, *more), committed_epochs(folder)
    latest = before + draw.randint(0, 5)  # so that ten kills fall into the run, however fast the machine
    deadline = time.monotonic() + (draw.uniform(1.0, 9.0) if draw.random() < 0.3 else 120.0)  # or before an epoch
    while process.poll() is None and committed_epochs(folder) <= latest and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(draw.uniform(0.0, 0.03))
    process.send_signal(signal.SIGKILL)
    return process.wait()


def without(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in keys}


def assert_equal(one: Any, other: Any, where: str) -> None:
    """Equal to the bit, down to every tensor of a nested checkpoint."""
    assert type(one) is type(other), where
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - {"epoch_seconds"}:
            assert_equal(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), where
        for index, pair in enumerate(zip(one, other, strict=True)):
            assert_equal(*pair, f"{where}.{index}")
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    else:
        assert one == other, where


@pytest.mark.slow
def test_a_run_killed_ten_times_ends_as_the_unbroken_one(tmp_path: Path) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    for folder in (straight, broken):
        folder.mkdir()
        doors.with_store(folder)
    assert start(straight).wait() == 0

    draw, resume, kills = random.Random(0), (), 0
    for _ in range(NUM_KILLS):
        kills += kill_at_random(broken, draw, *resume) == -signal.SIGKILL
        if found := run_folder(broken):
            resume = (f"resume={found.name}",)
    assert kills == NUM_KILLS
    assert 0 < committed_epochs(broken) < 80, "the kills must fall into the run"
    assert start(broken, *resume).wait() == 0

    one, other = run_folder(straight), run_folder(broken)
    assert one is not None
    assert other is not None
    assert len(list(broken.glob("mlruns/runs/*"))) == 1
    states = [torch.load(folder / CHECKPOINT, weights_only=True) for folder in (one, other)]
    for part in ("state_dict", "optimizer_states", "lr_schedulers", "callbacks", "epoch", "global_step"):
        assert_equal(states[0][part], states[1][part], part)
    histories = [pd.read_csv(folder / HISTORY).drop(columns="epoch_seconds") for folder in (one, other)]
    pd.testing.assert_frame_equal(*histories, check_exact=True)
    predictions = [pd.read_parquet(folder / "predictions.parquet") for folder in (one, other)]
    pd.testing.assert_frame_equal(*predictions, check_exact=True)
    results = [without(read_json(folder / "results.json"), "run", "timing") for folder in (one, other)]
    assert results[0] == results[1]
    assert_one_unbroken_curve(broken, len(histories[0]))


def assert_one_unbroken_curve(folder: Path, epochs: int) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("digits").experiment_id])
    assert run.info.status == "FINISHED"
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "val/loss")]
    assert sorted(steps) == list(range(1, epochs + 1))


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed"])
def test_the_weights_of_a_commit_are_restored_in_their_precision(tmp_path: Path, precision: str):
    run = compose_run(
        "data=moons", "epochs=4", "model.widths=[4]", "trainer.accelerator=cpu", f"trainer.precision={precision}"
    )

    def histories(folder: Path, breaks_off: bool) -> list[dict[str, float]]:
        heard: list[dict[str, float]] = []

        def hear(row: Any) -> bool:
            heard.append({**row, "epoch_seconds": 0.0})
            if breaks_off and len(heard) == 2:
                raise ConnectionAbortedError
            return True

        with suppress(ConnectionAbortedError):
            fit_best(run, read_dataset(run.data), folder, console=Console(quiet=True), on_epoch=hear)
        return heard

    straight = histories(tmp_path / "straight", breaks_off=False)
    assert histories(tmp_path / "broken", breaks_off=True) == straight[:2]
    assert histories(tmp_path / "broken", breaks_off=False) == straight
