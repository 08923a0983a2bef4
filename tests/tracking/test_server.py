"""A real MLflow server that dies while runs train, and comes back."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from src import runs
from src.runs.files import SWEEP
from src.sync import sync
from src.tracking.events import Finish
from src.tracking.machine import VARIABLE
from src.tracking.patient_writer import PatientWriter
from src.tracking.run_writer import DatabaseWriter, ServerWriter, run_writer
from src.tracking.state import State, is_complete
from src.tracking.store import connect
from tests.doors import empty_store
from tests.tracking.records import (
    begin,
    begun,
    children_at,
    curve,
    done,
    ended,
    following,
    leave,
    parent_at,
    runs_at,
    single,
    steps,
    story,
    sweep_jobs,
)
from tests.tracking.server import Server

pytestmark = pytest.mark.slow


def test_a_server_that_dies_in_a_sweep_gets_the_rest_when_it_is_back(server: Server, tmp_path: Path):
    sweep, jobs = sweep_jobs(tmp_path, server.uri, 6)
    said: list[str] = []
    writer = PatientWriter(following(sweep, server.uri, is_sweep=True), said.append)
    for job in jobs:
        leave(job, range(1, 21))
    for epoch in range(1, 21):
        for job in jobs[: 4 if epoch < 10 else 6]:
            if epoch == 1 or (epoch == 10 and job.number >= 4):
                writer.add(begun(job))
            for event in done(job, (epoch,)):
                writer.add(event)
        assert writer.write() == (epoch < 5 or epoch >= 15)
        if epoch == 4:
            server.kill()
        if epoch == 14:
            server.start()
    for job in jobs:
        writer.add(ended(job))
    (jobs[2].folder / "predictions.parquet").write_text("p")
    assert writer.finish(Finish("FINISHED", jobs[2].folder))
    assert ["cannot be reached; `python -m src.sync` sends the runs later" in text for text in said] == [True, False]
    assert "can be reached again" in said[1]
    children = children_at(server.uri)
    assert len(children) == 6
    assert {run.info.status for run in children.values()} == {"FINISHED"}
    for job in jobs:
        run = children[runs.label(job.folder)]
        assert steps(server.uri, run.info.run_id) == list(range(1 if job.number < 4 else 10, 21))
    files = connect(server.uri).list_artifacts(children["grid-0/2"].info.run_id)
    assert {file.path for file in files} >= {"config.yaml", "history.csv", "predictions.parquet"}
    assert parent_at(server.uri).info.status == "FINISHED"


def test_a_run_whose_making_was_broken_off_on_a_server_is_completed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sweep, jobs = sweep_jobs(tmp_path, server.uri, 2)
    writer = PatientWriter(following(sweep, server.uri, is_sweep=True), lambda text: None)
    for job in jobs:
        leave(job, (1, 2))
        for event in story(job, (1, 2)):
            writer.add(event)
    with monkeypatch.context() as patch:
        patch.setattr(ServerWriter, "_add_params", lambda *arguments: 1 / 0)
        assert not writer.write()
    assert writer.write()
    children = children_at(server.uri)
    assert len(children) == 2
    for run in children.values():
        assert run.data.params["model.widths"] == "[4]"
        assert steps(server.uri, run.info.run_id) == [1, 2]


def test_sync_sends_a_run_and_a_sweep_that_a_server_missed(server: Server, tmp_path: Path):
    alone = single(tmp_path, server.uri)
    sweep, jobs = sweep_jobs(tmp_path, server.uri, 3)
    server.kill()
    for follow, members in (
        (following(alone.folder, server.uri), [alone]),
        (following(sweep, server.uri, is_sweep=True), jobs),
    ):
        said: list[str] = []
        writer = PatientWriter(follow, said.append)
        for job in members:
            leave(job, (1, 2, 3))
            for event in (begun(job, f"name {job.number}"), *done(job, (1, 2, 3)), ended(job)):
                writer.add(event)
        assert not writer.write()
        assert not writer.finish(Finish("FINISHED", None))
        assert len(said) == 1
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}})
    failures = sync([alone.folder, jobs[0].folder])  # the first does not keep the other from being tried
    places = [failure.split(": MLflow must be reachable, but got: ")[0] for failure in failures]
    assert places == [alone.folder.name, sweep.name]
    server.start()
    for _ in range(2):  # nothing is sent twice
        sync([alone.folder, *(job.folder for job in jobs)])
        assert len(runs_at(server.uri)) == 5
        for job in (alone, *jobs):
            run = children_at(server.uri)[runs.label(job.folder)]
            assert is_complete(job.folder)
            assert (run.info.status, run.info.run_name) == ("FINISHED", f"name {job.number}")
            assert steps(server.uri, run.info.run_id) == [1, 2, 3]
        assert parent_at(server.uri).info.status == "FINISHED"
        assert parent_at(server.uri).data.tags["data"] == "simulated"  # what all members share
        assert is_complete(sweep)


def test_which_writer_a_store_gets(server: Server, tmp_path: Path):
    assert isinstance(run_writer(server.uri), ServerWriter)
    assert isinstance(run_writer(new_store(tmp_path)), DatabaseWriter)


def test_what_one_place_has_can_be_sent_to_another(server: Server, tmp_path: Path):
    job = single(tmp_path, server.uri)
    leave(job, (1, 2))
    sync([job.folder])
    other = new_store(tmp_path)
    sync([job.folder], other)
    for uri in (server.uri, other):
        assert [steps(uri, run.info.run_id) for run in runs_at(uri)] == [[1, 2]]
    state = State.read(job.folder)
    assert state is not None
    assert state.uri == other


def test_what_a_killed_server_lacks_arrives_equal_to_an_unbroken_record(server: Server, tmp_path: Path):
    """Killed in mid-run: an epoch is there, the rest comes by `src.sync`, as a store has it that was never away."""
    job, epochs = single(tmp_path, server.uri), range(1, 21)
    begin(job)
    writer = PatientWriter(following(job.folder, server.uri), lambda text: None)
    for event in (begun(job), *done(job, (1, 2, 3))):
        writer.add(event)
    assert writer.write()
    server.kill()
    for event in done(job, range(4, 21)):
        writer.add(event)
    leave(job, epochs)
    writer.add(ended(job))
    assert not writer.finish(Finish("FINISHED", None))
    server.start()
    assert sync([job.folder]) == []
    sent = recorded(server.uri)
    unbroken = new_store(tmp_path)
    Path(job.folder / "mlflow.json").unlink()
    assert sync([job.folder], unbroken) == []
    assert sent == recorded(unbroken)
    assert [step for step, _ in sent["curves"]["val/loss"]] == list(epochs)


def new_store(folder: Path) -> str:
    """Another place, a SQLite file: its URI."""
    shutil.copy(empty_store(), folder / "other.db")
    return f"sqlite:///{folder}/other.db"


def recorded(uri: str) -> dict[str, Any]:
    """All that a place has of the only run, but for its id, its times and where the place is."""
    (run,), client = runs_at(uri), connect(uri)
    files = {
        file.path: Path(client.download_artifacts(run.info.run_id, file.path)).read_bytes()
        for file in client.list_artifacts(run.info.run_id)
    }
    curves = {name: curve(uri, run.info.run_id, name) for name in run.data.metrics}
    return {
        "status": (run.info.status, run.info.run_name),
        "params": run.data.params,
        "tags": {name: text for name, text in run.data.tags.items() if name != "mlflow.user"},
        "last": run.data.metrics,
        "curves": curves,
        "files": files,
    }


def test_what_the_machine_did_stands_on_a_sweeps_parent_run_on_a_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, "0.01")
    sweep, jobs = sweep_jobs(tmp_path, server.uri, 2)
    follow = replace(following(sweep, server.uri, is_sweep=True), system_metrics=True)
    writer = PatientWriter(follow, lambda text: None)
    for job in jobs:
        leave(job, (1, 2))
        for event in story(job, (1, 2)):
            writer.add(event)
        time.sleep(0.02)
        assert writer.write()
    assert writer.finish(Finish("FINISHED", None))
    assert len(steps(server.uri, parent_at(server.uri).info.run_id, "system/cpu_utilization_percentage")) == 3
    for run in children_at(server.uri).values():
        assert not any(name.startswith("system/") for name in run.data.metrics)
