"""`python -m src.sync`: what can be sent is sent, whatever stands beside it; what was not to be sent is not."""

from pathlib import Path

import pytest

from src import runs
from src.runs.files import STATE, SWEEP
from src.runs.job import Job
from src.sync import sync
from src.tracking.deleted import DeletedError
from src.tracking.events import Finish
from src.tracking.patient_writer import PatientWriter
from src.tracking.presence import gone
from src.tracking.state import State, is_complete
from src.tracking.store import connect
from src.tracking.writer import Writer
from tests.tracking.records import (
    EXPERIMENT,
    begun,
    children_at,
    done,
    following,
    leave,
    parent_at,
    runs_at,
    single,
    steps,
    story,
    sweep_jobs,
    the_run,
    tracked_run,
)


def ended(root: Path, uri: str, name: str, **tracking: object) -> Job:
    job = single(root, uri, name)
    job = Job(0, tracked_run(uri, **tracking), job.folder)
    leave(job, (1, 2))
    return job


def test_what_was_trained_untracked_is_never_sent(tmp_path: Path, uri: str):
    job = ended(tmp_path, uri, "private", enabled=False)
    sweep, members = sweep_jobs(tmp_path, uri, 2)
    for member in members:
        leave(Job(member.number, tracked_run(uri, enabled=False), member.folder), (1, 2))
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}})
    for _ in range(2):
        assert sync([job.folder, *(member.folder for member in members)], again=True) == []
    assert runs_at(uri) == []
    assert not any((folder / STATE).exists() for folder in (job.folder, sweep, members[0].folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.yaml", ""),
        ("config.yaml", "{"),
        ("results.json", ""),
        ("tags.json", "["),
        ("history.csv", "a\nb\n"),
    ],
)
def test_a_damaged_record_does_not_keep_the_others_from_being_sent(tmp_path: Path, uri: str, name: str, content: str):
    folders = [ended(tmp_path, uri, text).folder for text in ("a", "b", "c")]
    _, members = sweep_jobs(tmp_path, uri, 3)
    for member in members:
        leave(member, (1, 2))
    for folder in (folders[1], members[0].folder):
        (folder / name).write_text(content)
    failures = sync([*folders, *(member.folder for member in members)])
    assert sorted(runs_at_labels(uri)) == ["a", "c", "grid-0/1", "grid-0/2"]
    told = " ".join(failures)
    assert str(folders[1]) in told
    assert str(members[0].folder) in told
    assert str(folders[0]) not in told


def test_a_damaged_note_of_where_a_run_is_counts_as_none(tmp_path: Path, uri: str, caplog: pytest.LogCaptureFixture):
    folder = ended(tmp_path, uri, "a").folder
    (folder / STATE).write_text("")
    assert sync([folder]) == []
    assert f"{folder / STATE}: must be whole, but got an empty file. It counts as none." in caplog.text
    assert runs_at_labels(uri) == ["a"]


def runs_at_labels(uri: str) -> list[str]:
    return [run.data.tags["folder"] for run in runs_at(uri) if "folder" in run.data.tags]


def test_a_server_that_is_down_does_not_keep_others_from_getting_theirs(tmp_path: Path, uri: str):
    dead = ended(tmp_path, "http://127.0.0.1:9", "a")
    there = ended(tmp_path, uri, "b")
    (failure,) = sync([dead.folder, there.folder])
    assert failure.startswith("a: MLflow must be reachable, but got: ")
    assert is_complete(there.folder)


def test_a_run_that_was_deleted_is_told_as_such_and_sent_again_if_that_is_said(tmp_path: Path, uri: str):
    job = ended(tmp_path, uri, "a")
    assert sync([job.folder]) == []
    run_id = the_run(uri).info.run_id
    client = connect(uri)
    client.delete_run(run_id)
    (line,) = gone([job.folder])
    assert line == (
        f"a is deleted in MLflow at {uri}; with MLFLOW_TRACKING_URI={uri} `mlflow runs restore --run-id {run_id}` brings it "
        "back, or `python -m src.sync --again a` sends it as a new one"
    )
    said: list[str] = []
    writer = PatientWriter(following(job.folder, uri), lambda text: said.append(str(text)))
    for event in (begun(job), *done(job, (1, 2, 3))):  # goes on
        writer.add(event)
    assert not writer.write()
    assert not writer.write()
    assert said == [line]
    assert sync([job.folder], again=True) == []
    assert the_run(uri).info.run_id != run_id
    assert steps(uri, the_run(uri).info.run_id) == [1, 2]
    assert list(gone([job.folder])) == []
    client.restore_run(run_id)
    assert len(runs_at(uri)) == 2


def test_so_is_a_sweep_and_a_member_that_goes_on(tmp_path: Path, uri: str):
    sweep, members = sweep_jobs(tmp_path, uri, 2)
    for member in members:
        leave(member, (1, 2))
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}})
    folders = [member.folder for member in members]
    assert sync(folders) == []
    client = connect(uri)
    client.delete_run(children_at(uri)["grid-0/0"].info.run_id)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for member in members:
        for event in story(member, (1, 2, 3)):
            writer.add(event)
    with pytest.raises(DeletedError, match="^grid-0/0 is deleted in MLflow"):
        writer.finish(Finish("FINISHED", None))
    assert steps(uri, children_at(uri)["grid-0/1"].info.run_id) == [1, 2, 3]  # the other has what it is to have
    client.delete_run(parent_at(uri).info.run_id)
    (failure,) = sync(folders)
    assert failure.startswith("grid-0 is deleted in MLflow")
    assert sync(folders, again=True) == []
    assert len(children_at(uri)) == 2
    assert parent_at(uri).info.status == "FINISHED"


def test_a_deleted_experiment_is_told_with_the_way_to_restore_it(tmp_path: Path, uri: str):
    job = ended(tmp_path, uri, "a")
    assert sync([job.folder]) == []
    client = connect(uri)
    number = client.get_experiment_by_name(EXPERIMENT).experiment_id
    client.delete_experiment(number)
    (failure,) = sync([ended(tmp_path, uri, "b").folder])
    assert failure.startswith(f"experiment {EXPERIMENT} is deleted in MLflow at {uri}; with MLFLOW_TRACKING_URI={uri} ")
    assert f"`mlflow experiments restore --experiment-id {number}` brings it back" in failure
    client.restore_experiment(number)
    assert sync([tmp_path / "mlruns" / "runs" / "b"]) == []
    assert sorted(runs_at_labels(uri)) == ["a", "b"]
    assert State.read(job.folder) is not None
