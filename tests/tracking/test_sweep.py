"""A sweep in MLflow: many members at once, in a real database and on a real server that dies and comes back."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from src import runs
from src.tracking.run_writer import Client, Database, many_runs
from src.tracking.store import STATE, connect
from src.tracking.sweep import SweepMirror
from tests.conftest import Command
from tests.tracking.test_server import Server

VALUES = {"seed": 1, "model": {"widths": [64, 64]}, "optimizer": {"name": "adam", "lr": 0.001}}
TAGS = {"data": "simulated"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    place = tmp_path / "server"
    place.mkdir()
    server = Server(place)
    server.start()
    yield server
    if server.process.poll() is None:
        server.kill()


def sweep_folder(parent: Path, members: int) -> tuple[Path, list[Path]]:
    sweep = parent / "mlruns" / "sweeps" / "study-0"
    folders = [sweep / str(number) for number in range(members)]
    for folder in folders:
        folder.mkdir(parents=True)
    return sweep, folders


def mirror_of(sweep: Path, folders: list[Path], uri: str, interval: float = 0.1) -> SweepMirror:
    mirror = SweepMirror(sweep, uri=uri, experiment="claims", interval=interval)
    mirror.start(folders, {"commit": "abc"})
    return mirror


def row(epoch: int, number: int = 0) -> dict[str, float]:
    named = ("train/loss", "val/loss", "val/accuracy", "val/auroc", "lr", "epoch_seconds")
    return {"epoch": epoch, **{name: (place + number) / epoch for place, name in enumerate(named)}}


def ended(folder: Path) -> dict[str, Any]:
    return {
        "status": "FINISHED",
        "stop_reason": "epochs",
        "best_epoch": 2,
        "stopped_epoch": 3,
        "num_params": 7,
        "objective": {"name": "val/loss", "value": 0.5},
        "run": folder.name,
    }


def children_of(uri: str) -> dict[str, Any]:
    client = connect(uri)
    (experiment,) = [found for found in client.search_experiments() if found.name == "claims"]
    found = client.search_runs([experiment.experiment_id], max_results=5000)
    (parent,) = [run for run in found if "sweep" in run.data.tags]
    return {run.data.tags["folder"]: run for run in found if run.info.run_id != parent.info.run_id}


@pytest.mark.slow
def test_a_thousand_members_of_fifty_epochs_are_all_there(tmp_path: Path):
    sweep, folders = sweep_folder(tmp_path, 1000)
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    mirror = mirror_of(sweep, folders, uri)
    longest = 0.0
    for folder in folders:
        mirror.begin(folder, folder.name, VALUES, TAGS)
    for epoch in range(1, 51):
        started = time.perf_counter()
        for number, folder in enumerate(folders):
            mirror.row(folder, row(epoch, number))
        longest = max(longest, time.perf_counter() - started)
    for folder in folders:
        mirror.end(folder, ended(folder))
    mirror.close(None)
    children = children_of(uri)
    assert len(children) == 1000
    assert {run.info.status for run in children.values()} == {"FINISHED"}
    last = children["study-0/999"]
    assert last.data.params == {
        "seed": "1",
        "model.widths": "[64, 64]",
        "optimizer.name": "adam",
        "optimizer.lr": "0.001",
    }
    assert last.data.tags["stop_reason"] == "epochs"
    assert last.data.metrics["val/auroc"] == pytest.approx((3 + 999) / 50)
    assert last.data.metrics["stopped/epoch"] == 3
    points = connect(uri).get_metric_history(last.info.run_id, "val/loss")
    assert [(point.step, point.value) for point in points] == [(e, pytest.approx(1000 / e)) for e in range(1, 51)]
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        (count,) = database.execute("select count(*) from metrics where key = 'train/loss'").fetchone()
    assert count == 50_000
    assert longest < mirror.seconds_ / 10, "the training thread must not wait for MLflow"


def test_a_sweep_taken_up_again_makes_no_run_and_sends_no_step_twice(tmp_path: Path):
    sweep, folders = sweep_folder(tmp_path, 3)
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    for last, again in ((2, False), (4, True)):
        mirror = mirror_of(sweep, folders, uri)
        for number, folder in enumerate(folders):
            mirror.begin(folder, folder.name, VALUES, TAGS)
            for epoch in range(1, last + 1):  # from the beginning, as after a kill before the first checkpoint
                mirror.row(folder, row(epoch, number))
        if again:
            for folder in folders:
                mirror.end(folder, ended(folder))
        mirror.close(None if again else "KILLED")
        (folders[0] / STATE).unlink(missing_ok=True)  # killed after MLflow had the run, before its id was noted
    children = children_of(uri)
    assert sorted(children) == ["study-0/0", "study-0/1", "study-0/2"]
    for run in children.values():
        points = connect(uri).get_metric_history(run.info.run_id, "val/loss")
        assert [point.step for point in points] == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_server_that_dies_in_a_sweep_gets_the_rest_when_it_is_back(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    sweep, folders = sweep_folder(tmp_path, 6)
    mirror = mirror_of(sweep, folders, server.uri)
    assert isinstance(many_runs(server.uri), Client)
    assert isinstance(many_runs(f"sqlite:///{tmp_path}/x.db"), Database)
    for folder in folders[:4]:
        mirror.begin(folder, folder.name, VALUES, TAGS)
    for epoch in range(1, 21):
        for folder in folders[:4]:
            mirror.row(folder, row(epoch))
        time.sleep(0.05)
        if epoch == 5:
            server.kill()
        if epoch == 10:
            for folder in folders[4:]:
                mirror.begin(folder, folder.name, VALUES, TAGS)
        if epoch == 15:
            server.start()
    for folder in folders:
        runs.write_json(folder / runs.RESULTS, ended(folder))
        mirror.end(folder, ended(folder))
    mirror.close(None)
    assert [record.levelno for record in caplog.records].count(logging.WARNING) >= 1
    children = children_of(server.uri)
    assert len(children) == 6
    assert {run.info.status for run in children.values()} == {"FINISHED"}
    for folder in folders[:4]:
        run = children[runs.label(folder)]
        points = connect(server.uri).get_metric_history(run.info.run_id, "val/loss")
        assert sorted(point.step for point in points) == list(range(1, 21))


@pytest.mark.slow
def test_a_sweep_without_a_server_is_sent_later(door: Command, tmp_path: Path, server: Server):
    server.kill()
    done = door("train", "-m", "+experiment=smoke", "seed=0,1", f"tracking.uri={server.uri}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cannot be reached" in done.stdout + done.stderr
    server.start()
    done = door("sync")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 runs sent" in done.stdout
    client = connect(server.uri)
    (experiment,) = [found for found in client.search_experiments() if found.name == "smoke"]
    found = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in found} == {"FINISHED"}
    (parent,) = [run for run in found if "sweep" in run.data.tags]
    assert "leaderboard.csv" in {one.path for one in client.list_artifacts(parent.info.run_id)}
    children = [run for run in found if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == 2
    for run in children:
        assert [point.step for point in client.get_metric_history(run.info.run_id, "val/loss")] == [1, 2, 3]
