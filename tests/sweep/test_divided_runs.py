"""Runs that are divided among processes, in a sweep and as trials of a search: those of one process, each recorded once."""

import signal
from pathlib import Path

import pandas as pd
import psutil
import pytest
from mlflow.tracking import MlflowClient

from src.runs import HISTORY, read_json
from tests import doors
from tests.waiting import until

KEYS = [
    *("+experiment=smoke", "data=moons", "model.dropout=0.3", "batch_size=57", "epochs=12", "patience=null"),
    *("trainer.precision=64-true", "trainer.accelerator=cpu", "optimizer.lr=1e-9,3e-2"),
]
# The second of the two trials, in whose order the sampler begins with the last, hardly moves and is pruned.
SEARCH = [
    *("hydra/sweeper=optuna", "hydra.sweeper.sampler=grid", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"),
    "hydra.sweeper.pruner={name: median, n_startup_trials: 1, n_warmup_steps: 2}",
]
UNTRACKED = ["tracking.enabled=false"]
ONE, TWO = ["engine=single", *UNTRACKED], ["trainer.devices=2"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each command has run on one process and on two, the sweep with a kill in between."""
    folder = doors.with_store(tmp_path_factory.mktemp("divided"))
    second = folder / "mlruns/sweeps/two/1" / HISTORY
    killed = start(folder, "two", *TWO)
    until(second.is_file, 120)
    ranks = psutil.Process(killed.pid).children(recursive=True)
    killed.send_signal(signal.SIGKILL)
    until(lambda: not any(map(psutil.Process.is_running, ranks)), 20)
    for name, keys in {
        "two": TWO,
        "one": ONE,
        "search-two": [*SEARCH, *TWO, *UNTRACKED],
        "search-one": [*SEARCH, *ONE],
    }.items():
        assert start(folder, name, *keys).wait(200) == 0, (folder / "output").read_text()
    return folder


def start(folder: Path, name: str, *keys: str) -> doors.Started:
    given = "-m", "src.train", "-m", *KEYS, *keys, f"hydra.sweep.dir=mlruns/sweeps/{name}"
    return doors.start(*given, cwd=folder, output=folder / "output")


@pytest.mark.parametrize("name", ["", "search-"])
@pytest.mark.parametrize("number", [0, 1])
def test_the_curves_and_ends_are_those_of_one_process(folder: Path, name: str, number: int):
    runs = [folder / f"mlruns/sweeps/{name}{count}/{number}" for count in ("one", "two")]
    one, two = (pd.read_csv(run / HISTORY).drop(columns="epoch_seconds") for run in runs)
    pd.testing.assert_frame_equal(two, one, rtol=1e-9)
    first, second = (read_json(run / "results.json") for run in runs)
    assert first["stop_reason"] == second["stop_reason"]
    assert first["val"] == pytest.approx(second["val"])


def test_a_trial_is_pruned_in_all_its_processes(folder: Path):
    trials = [read_json(folder / f"mlruns/sweeps/search-two/{number}/results.json") for number in (0, 1)]
    assert {trial["stop_reason"] for trial in trials} == {"epochs", "pruned"}


def test_each_is_one_run_of_mlflow(folder: Path):
    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    (parent,) = client.search_runs(["1"], "tags.sweep = 'two'")
    children = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert sorted(run.data.tags["folder"] for run in children) == ["two/0", "two/1"]
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}
    (last,) = (run for run in children if run.data.tags["folder"] == "two/1")
    timing = {name: value for name, value in last.data.metrics.items() if name.startswith("timing/")}
    assert timing.pop("timing/processes") == 2
    assert set(timing) == {f"timing/rank_{rank}_processor_seconds" for rank in (0, 1)}
    assert all(value > 0 for value in timing.values())
