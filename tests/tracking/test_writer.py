"""What MLflow has of runs and sweeps, whatever happened on the way. A real SQLite store."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from src import runs
from src.runs.files import STATE, SWEEP
from src.runs.identity import folder_id
from src.tracking.events import Finish, Status, now
from src.tracking.run_writer import Row, ServerWriter
from src.tracking.state import State, is_complete
from src.tracking.store import connect
from src.tracking.writer import Writer
from tests import doors
from tests.tracking.records import (
    EXPERIMENT,
    begin,
    begun,
    children_at,
    curve,
    done,
    ended,
    following,
    leave,
    parent_at,
    row,
    runs_at,
    single,
    steps,
    story,
    sweep_jobs,
    the_run,
    write,
)


def test_each_epoch_is_sent_once_however_often_it_is_told(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    begin(job)
    first = Writer(following(job.folder, uri))
    write(first, begun(job), *done(job, (1, 2)))
    write(first, *done(job, (1, 2)))
    write(first, *done(job, range(1, 6)))
    write(Writer(following(job.folder, uri)), begun(job), *done(job, range(1, 8)))  # another process, after a kill
    assert curve(uri, the_run(uri).info.run_id) == [(epoch, row(epoch)["val/loss"]) for epoch in range(1, 8)]


def test_a_run_is_created_once_though_its_id_was_lost(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    begin(job)
    write(Writer(following(job.folder, uri)), begun(job))
    (job.folder / STATE).unlink()  # killed between the creation of the run and the writing of its id
    write(Writer(following(job.folder, uri)), begun(job))
    state = State.read(job.folder)
    assert state is not None
    assert state.run_id == the_run(uri).info.run_id


def test_a_run_is_recorded_with_its_leaves_facts_figures_and_files(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    leave(job, (1, 2, 3))
    (job.folder / "model").mkdir()
    (job.folder / "model" / "weights").write_text("w")
    for name in ("half.part", "checkpoint.ckpt", "owner.json"):
        (job.folder / name).write_text("{}")
    write(Writer(following(job.folder, uri)), *story(job, (1, 2, 3)))
    run = the_run(uri)
    assert run.data.params["model.widths"] == "[4]"
    assert run.data.params.keys() >= {"seed", "optimizer.lr", "tracking.uri"}
    assert (run.data.tags["data"], run.data.tags["folder"]) == ("simulated", job.folder.name)
    assert (run.info.status, run.data.tags["stop_reason"]) == ("FINISHED", "epochs")
    assert (run.data.metrics["best/val/loss"], run.data.metrics["test/auroc"]) == (0.5, 0.9)
    files = {artifact.path for artifact in connect(uri).list_artifacts(run.info.run_id)}
    assert files == {"config.yaml", "history.csv", "results.json", "tags.json", "model"}
    assert is_complete(job.folder)


def test_a_run_that_goes_on_is_running_until_it_ends_again(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    leave(job, (1, 2, 3), status="KILLED", stop_reason="interrupted")
    killed = ended(job, status="KILLED", stop_reason="interrupted")
    write(Writer(following(job.folder, uri)), begun(job), *done(job, (1, 2, 3)), killed)
    assert the_run(uri).info.status == "KILLED"
    assert is_complete(job.folder)
    begin(job)
    going_on = write(Writer(following(job.folder, uri)), begun(job))
    assert the_run(uri).info.status == "RUNNING"
    assert the_run(uri).info.end_time is None
    leave(job, range(1, 6))
    assert not is_complete(job.folder)
    write(going_on, *done(job, range(1, 6)), ended(job, stopped_epoch=5))
    run = the_run(uri)
    assert (run.info.status, run.data.tags["stop_reason"]) == ("FINISHED", "epochs")
    assert curve(uri, run.info.run_id, "stopped/epoch") == [(0, 3.0), (0, 5.0)]
    assert steps(uri, run.info.run_id, "test/auroc") == [0]  # as it was: not sent twice
    assert steps(uri, run.info.run_id) == [1, 2, 3, 4, 5]
    assert is_complete(job.folder)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_diverged_run_is_sent_whole(tmp_path: Path, uri: str, loss: float):
    job = single(tmp_path, uri)
    leave(job, (1,))
    bad = done(job, (2,))[0]._replace(row={"epoch": 2, "train/loss": loss, "val/loss": loss})
    no_figures = {"test": None, "best_epoch": None, "objective": {"name": "val/loss", "value": None}}
    end = ended(job, stop_reason="diverged", **no_figures)
    write(Writer(following(job.folder, uri)), begun(job), *done(job, (1,)), bad, end)
    run = the_run(uri)
    assert steps(uri, run.info.run_id) == [1, 2]
    assert curve(uri, run.info.run_id)[1][1] != pytest.approx(2.0)
    assert run.info.status == "FINISHED"


def test_a_sweep_is_a_parent_and_a_child_for_each_member(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        leave(job, (1, 2))
        write(writer, *story(job, (1, 2)), Status({"sweep/done": job.number + 1.0}, 2 * job.number, now()))
    (sweep / "leaderboard.csv").write_text("rank,mean,numbers\n1,0.25,1\n2,0.5,0\n")
    (jobs[1].folder / "predictions.parquet").write_text("p")
    figures = {"sweep/runs": 2, "best/val/loss": 0.25}
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": figures, "tags": {"lab": "claims"}})
    assert parent_at(uri).info.status == "RUNNING"
    assert not is_complete(sweep)
    writer.finish(Finish("FINISHED", jobs[1].folder))
    parent, children = parent_at(uri), children_at(uri)
    assert sorted(children) == ["grid-0/0", "grid-0/1"]
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {parent.info.run_id}
    assert (parent.info.status, parent.data.metrics["sweep/runs"], parent.data.tags["lab"]) == ("FINISHED", 2, "claims")
    assert (parent.data.tags["sweep"], parent.data.tags["commit"]) == ("grid-0", "abc")
    assert curve(uri, parent.info.run_id, "sweep/done") == [(0, 1.0), (2, 2.0)]
    client = connect(uri)
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} == {"leaderboard.csv", "leaderboard.json"}
    files = {file.path for file in client.list_artifacts(children["grid-0/1"].info.run_id)}
    assert files >= {"config.yaml", "results.json", "predictions.parquet"}
    assert is_complete(sweep)
    assert all(is_complete(job.folder) for job in jobs)


@pytest.mark.slow
def test_a_thousand_members_of_fifty_epochs_are_all_there(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 1000)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        begin(job)
        writer.add(begun(job))
    for epoch in range(1, 51):
        for job in jobs:
            writer.add(done(job, (epoch,))[0])
        if epoch % 10 == 0:
            writer.write()
    for job in jobs:
        writer.add(ended(job))
    writer.write()
    children = children_at(uri)
    assert len(children) == 1000
    assert {run.info.status for run in children.values()} == {"FINISHED"}
    last = children["grid-0/999"]
    assert last.data.metrics["val/auroc"] == pytest.approx(row(50, 999)["val/auroc"])
    assert last.data.metrics["stopped/epoch"] == 3
    assert steps(uri, last.info.run_id) == list(range(1, 51))
    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as database:
        (count,) = database.execute("select count(*) from metrics where key = 'train/loss'").fetchone()
    database.close()
    assert count == 50_000
    assert len({id(sent.params) for sent in writer._sent.values()}) == 1, "8 kB of names are held for each run"


def test_a_sweep_taken_up_again_makes_no_run_and_sends_no_step_twice(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 3)
    for last in (2, 4):
        writer = Writer(following(sweep, uri, is_sweep=True))
        for job in jobs:
            begin(job)
            write(writer, begun(job), *done(job, range(1, last + 1)))  # from the beginning, as after a kill
        (jobs[0].folder / STATE).unlink()  # killed after MLflow had the run, before its id was noted
        writer.finish(Finish("KILLED", None))
    children = children_at(uri)
    assert sorted(children) == ["grid-0/0", "grid-0/1", "grid-0/2"]
    assert len(runs_at(uri)) == 4
    assert all(steps(uri, run.info.run_id) == [1, 2, 3, 4] for run in children.values())


@pytest.mark.parametrize("one_by_one", [False, True], ids=["sweep", "single runs"])
def test_a_member_whose_folder_was_deleted_is_trained_again_as_the_run_that_it_was(
    tmp_path: Path, uri: str, one_by_one: bool
):
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    for again in (False, True):
        if again:
            shutil.rmtree(jobs[1].folder)
        for job in jobs:
            leave(job, (1, 2, 3))
        if again and one_by_one:
            write(Writer(following(jobs[1].folder, uri)), *story(jobs[1], (1, 2, 3)))
        else:
            write(
                Writer(following(sweep, uri, is_sweep=True)),
                *(event for job in jobs for event in story(job, (1, 2, 3))),
            )
    assert len(runs_at(uri)) == 3
    run = children_at(uri)["grid-0/1"]
    assert run.data.tags["folder_id"] == folder_id(jobs[1].folder)
    assert steps(uri, run.info.run_id) == [1, 2, 3]
    assert is_complete(jobs[1].folder)


def test_folders_of_one_name_in_two_clones_are_different_runs(tmp_path: Path, uri: str):
    for clone in ("mine", "yours"):
        sweep, jobs = sweep_jobs(tmp_path / clone, uri, 2)
        alone = single(tmp_path / clone, uri)
        for job in (*jobs, alone):
            begin(job)
        write(Writer(following(sweep, uri, is_sweep=True)), *(begun(job) for job in jobs)).finish(
            Finish("FINISHED", None)
        )
        write(Writer(following(alone.folder, uri)), begun(alone))
    found = runs_at(uri)
    parents = [run.info.run_id for run in found if "sweep" in run.data.tags]
    assert len(parents) == 2
    assert [sum(run.data.tags.get("mlflow.parentRunId") == parent for run in found) for parent in parents] == [2, 2]
    assert sum(run.data.tags.get("folder") == alone.folder.name for run in found) == 2


def test_what_failed_on_the_way_is_sent_once(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch):
    """Whichever step fails, the next attempt completes it."""
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        leave(job, (1, 2))
        for event in story(job, (1, 2)):
            writer.add(event)
    for step in ("create", "log", "end"):
        with monkeypatch.context() as patch:
            patch.setattr(f"src.tracking.run_writer.DatabaseWriter.{step}", lambda *arguments: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                writer.write()
    assert not any(is_complete(job.folder) for job in jobs)
    writer.write()
    assert len(runs_at(uri)) == 3
    for run in children_at(uri).values():
        assert run.info.status == "FINISHED"
        assert [steps(uri, run.info.run_id, key) for key in ("val/loss", "best/epoch")] == [[1, 2], [0]]


def test_requests_to_a_server_hold_whole_epochs(monkeypatch: pytest.MonkeyPatch, uri: str):
    """A request that does not get through loses whole epochs: what a run has is known from one of its curves."""
    writer, sizes = ServerWriter(uri), []
    monkeypatch.setattr(writer._client, "log_batch", lambda run_id, metrics: sizes.append(len(metrics)))
    writer.log([Row("run", epoch, {"train/loss": 1.0, "val/loss": 2.0, "val/auroc": 0.5}, 0) for epoch in range(1200)])
    assert sum(sizes) == 3600
    assert max(sizes) <= 1000
    assert all(size % 3 == 0 for size in sizes)


def test_the_best_member_is_not_complete_until_its_last_files_are_sent(tmp_path: Path, uri: str):
    sweep, (job,) = sweep_jobs(tmp_path, uri, 1)
    leave(job, (1, 2))
    writer = write(Writer(following(sweep, uri, is_sweep=True)), *story(job, (1, 2)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("src.tracking.run_writer.DatabaseWriter.send_files", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.finish(Finish("FINISHED", job.folder))
    assert not is_complete(job.folder)
    writer.finish(Finish("FINISHED", job.folder))
    assert is_complete(job.folder)


def test_what_mlflow_may_delete_is_never_the_only_copy(tmp_path: Path, uri: str):
    """Deleting a sweep and its experiment in MLflow, and erasing them with `mlflow gc`, leaves every record as it was."""
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        leave(job, (1, 2))
        (job.folder / "model").mkdir()
        (job.folder / "model" / "weights").write_text("w")
        write(writer, *story(job, (1, 2)))
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}})
    writer.finish(Finish("FINISHED", jobs[0].folder))
    client, before = connect(uri), content(sweep)
    places = [Path(run.info.artifact_uri.removeprefix("file://")) for run in runs_at(uri)]
    assert all((place / "config.yaml").is_file() for place in places if place.parent.name != parent_at(uri).info.run_id)
    client.log_text(children_at(uri)["grid-0/1"].info.run_id, "another", "config.yaml")
    client.delete_experiment(client.get_experiment_by_name(EXPERIMENT).experiment_id)
    command = f"from mlflow.cli import cli; cli(['gc', '--backend-store-uri', {uri!r}, '--tracking-uri', {uri!r}])"
    erased = doors.run("-c", command, cwd=tmp_path)
    assert erased.returncode == 0, erased.stderr
    assert not any(place.exists() for place in places)
    assert content(sweep) == before


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
