"""Where records lie: new stores, moved projects, names of experiments, passwords."""

from pathlib import Path

import pytest

from src import runs
from src.passwords import without_passwords
from src.runs.files import STATE
from src.tracking.state import State
from src.tracking.store import connect, experiment_id, is_same, portable_uri, resolve_uri, slug
from src.tracking.writer import Writer
from tests import doors
from tests.doors import with_store
from tests.tracking.records import begun, children_at, done, following, leave, runs_at, single, story, sweep_jobs


def send(root: Path, uri: str) -> None:
    """A single run and a sweep of one."""
    alone = single(root, uri)
    sweep, (member,) = sweep_jobs(root, uri, 1)
    for follow, job in ((following(alone.folder, uri), alone), (following(sweep, uri, is_sweep=True), member)):
        leave(job, (1, 2))
        writer = Writer(follow)
        for event in story(job, (1, 2)):
            writer.add(event)
        writer.write()


def test_a_project_that_moved_finds_its_runs_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    old, new = tmp_path / "old place", tmp_path / "new place"
    old.mkdir()
    with_store(old)
    monkeypatch.chdir(old)
    send(old, resolve_uri(None))
    old.rename(new)
    monkeypatch.chdir(new)
    for path in (new / "mlruns").rglob(STATE):
        assert runs.read_json(path)["uri"] == "sqlite:///mlruns/mlflow.db"
        state = State.read(path.parent)
        assert state is not None
        assert state.uri == f"sqlite:///{new}/mlruns/mlflow.db"
    uri = resolve_uri(None)
    alone = single(new, uri)  # goes on
    writer = Writer(following(alone.folder, uri))
    for event in (begun(alone), *done(alone, (1, 2, 3))):
        writer.add(event)
    writer.write()
    assert not old.exists()
    assert len(runs_at(uri)) == 3
    client = connect(uri)
    for run in children_at(uri).values():
        assert "config.yaml" in {file.path for file in client.list_artifacts(run.info.run_id)}
    experiment = client.get_experiment(runs_at(uri)[0].info.experiment_id)
    assert experiment.artifact_location == (new / "mlruns" / "artifacts" / "claims").as_uri()


def test_a_store_outside_the_project_keeps_what_it_has_of_others(
    tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
):
    send(tmp_path, uri)
    before = {run.info.run_id: run.info.artifact_uri for run in runs_at(uri)}
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert portable_uri(uri) == uri
    assert {run.info.run_id: run.info.artifact_uri for run in runs_at(uri)} == before


@pytest.mark.parametrize(
    ("name", "folder"),
    [("xray", "xray"), ("team/xray", "team-xray"), ("../../x", "x"), ("..", "experiment"), ("a b", "a-b")],
)
def test_artifacts_of_an_experiment_lie_under_mlruns_whatever_it_is_called(
    uri: str, tmp_path: Path, name: str, folder: str
):
    assert slug(name) == folder
    client = connect(uri)
    made = client.get_experiment(experiment_id(client, uri, name))
    assert (made.name, made.artifact_location) == (name, (tmp_path / "mlruns" / "artifacts" / folder).as_uri())


def test_a_relative_store_is_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert resolve_uri(None) == resolve_uri("sqlite:///mlruns/mlflow.db") == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert resolve_uri("http://host:5000") == portable_uri("http://host:5000") == "http://host:5000"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://me:secret@host:5000/path", "http://me:***@host:5000/path"),
        ("postgresql://me:s%40crt@host/db", "postgresql://me:***@host/db"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
    ],
)
def test_a_password_is_not_shown(uri: str, shown: str):
    assert without_passwords(uri) == shown


@pytest.mark.slow
def test_eight_runs_started_at_once_on_no_store_are_all_in_it(tmp_path: Path):
    command = ["-m", "src.train", "data=moons", "model.widths=[4]", "epochs=2"]
    together = [doors.start(*command, cwd=tmp_path, output=tmp_path / f"{number}.log") for number in range(8)]
    said = [(process.wait(), (tmp_path / f"{number}.log").read_text()) for number, process in enumerate(together)]
    assert not [text for status, text in said if status != 0 or "MLflow" in text or "WARNING" in text]
    client = connect(f"sqlite:///{tmp_path}/mlruns/mlflow.db")
    found = client.search_runs([client.get_experiment_by_name("default").experiment_id])
    assert [run.info.status for run in found] == ["FINISHED"] * 8
    assert len({run.data.metrics["val/loss"] for run in found}) == 1


def test_a_password_that_was_not_kept_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    kept = "http://me:***@host:5000"
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ValueError, match=r"^uri: must be given again, .*, but got http://me:\*\*\*@host:5000$"):
        resolve_uri(kept)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@host:5000")
    assert resolve_uri(kept) == "http://me:secret@host:5000"
    monkeypatch.setenv("PLACE", "http://me:secret@host:5000")
    assert resolve_uri("${oc.env:PLACE}") == "http://me:secret@host:5000"
    assert is_same("${oc.env:PLACE}", kept)
    monkeypatch.delenv("PLACE")
    with pytest.raises(ValueError, match="^tracking.uri: must be given by the environment as before, but got no PLACE"):
        resolve_uri("${oc.env:PLACE}")
