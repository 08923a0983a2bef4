"""Which model is the champion. A real SQLite store."""

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest

from src import runs
from src.runs.files import FACTS, SWEEP
from src.runs.job import Job
from src.tracking.events import Finish
from src.tracking.registry import CHAMPION
from src.tracking.replay import send_sweep
from src.tracking.store import connect, resolve_uri
from src.tracking.writer import Writer
from tests.conftest import Command
from tests.doors import with_store
from tests.tracking.records import following, leave, results, single, story, sweep_jobs, tracked_run


def keep_model(job: Job, value: float, *, objective: str = "val/auroc", digest: str = "d1") -> Job:
    """What a run leaves that is to be registered as `lungs`."""
    job = Job(job.number, tracked_run(job.run.tracking.uri or "", registered="lungs"), job.folder, job.overrides)
    leave(job, (1, 2), objective={"name": objective, "value": value})
    runs.write_json(job.folder / FACTS, {"data_digest": digest})
    (job.folder / "model").mkdir()
    (job.folder / "model" / "MLmodel").write_text("")
    return job


def sent(root: Path, uri: str, number: int, value: float, **more: Any) -> str:
    """The note of a single run that ended."""
    job = keep_model(single(root, uri, f"20260101T000000Z-0000000{number}"), value, **more)
    writer = Writer(following(job.folder, uri))
    for event in story(job, (1, 2)):
        writer.add(event)
    writer.write()
    (note,) = writer.notes_
    return note


def champion(uri: str) -> Any:
    return connect(uri).get_model_version_by_alias("lungs", CHAMPION)


def test_a_model_becomes_champion_if_it_beats_the_one_there_is(tmp_path: Path, uri: str):
    assert "version 1 is registered and is the champion: val/auroc 0.8000" in sent(tmp_path, uri, 1, 0.8)
    assert "val/auroc 0.7000 does not beat 0.8000" in sent(tmp_path, uri, 2, 0.7)
    assert "does not beat" in sent(tmp_path, uri, 3, 0.8)  # the same is no better
    assert str(champion(uri).version) == "1"
    assert "version 4 is registered and is the champion" in sent(tmp_path, uri, 4, 0.9)
    assert str(champion(uri).version) == "4"
    run = connect(uri).get_run(champion(uri).run_id)
    assert champion(uri).source == f"{run.info.artifact_uri}/model"
    assert run.data.tags["folder"] == "20260101T000000Z-00000004"


def test_a_loss_is_beaten_by_a_lower_one(tmp_path: Path, uri: str):
    sent(tmp_path, uri, 1, 0.5, objective="val/loss")
    sent(tmp_path, uri, 2, 0.6, objective="val/loss")
    assert str(champion(uri).version) == "1"
    sent(tmp_path, uri, 3, 0.4, objective="val/loss")
    assert str(champion(uri).version) == "3"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"digest": "d2"}, "its data are not those of version 1"),
        ({"objective": "val/loss"}, "its objective is val/loss"),
    ],
)
def test_what_cannot_be_compared_is_registered_without_the_alias(
    tmp_path: Path, uri: str, other: dict[str, str], why: str
):
    sent(tmp_path, uri, 1, 0.8)
    assert why in sent(tmp_path, uri, 2, 0.99, **other)
    assert str(champion(uri).version) == "1"
    assert len(connect(uri).search_model_versions("name = 'lungs'")) == 2


def test_of_a_sweep_the_best_run_is_registered_and_once(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 3)
    jobs = [keep_model(job, 0.7 + 0.1 * job.number) for job in jobs]
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        for event in story(job, (1, 2)):
            writer.add(event)
    writer.write()
    assert writer.notes_ == []
    for _ in range(2):
        writer.finish(Finish("FINISHED", jobs[2].folder))
    assert len(writer.notes_) == 1
    (version,) = connect(uri).search_model_versions("name = 'lungs'")
    assert connect(uri).get_run(version.run_id).data.tags["folder"] == "grid-0/2"


def test_a_sweep_that_is_sent_later_registers_its_best_run(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    jobs = [keep_model(job, 0.7) for job in jobs]
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}, "best": 1})
    told: list[str] = []
    send_sweep(sweep, [job.folder for job in jobs], tell=told.append)
    assert len(told) == 1
    assert connect(uri).get_run(champion(uri).run_id).data.tags["folder"] == "grid-0/1"


def test_a_run_that_kept_no_model_is_not_registered(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    job = Job(0, tracked_run(uri, registered="lungs"), job.folder)
    leave(job, (1,), **results(job.folder))
    writer = Writer(following(job.folder, uri))
    for event in story(job, (1,)):
        writer.add(event)
    writer.write()
    assert "keeps no model" in writer.notes_[0]
    assert connect(uri).search_registered_models() == []


@pytest.mark.slow
def test_trained_models_are_registered_at_once_or_by_sync(project: Path, uri: str, door: Command):
    of_all = ("data=breast_cancer", "model.widths=[4]", "tracking.register=cells")
    down = door("train", *of_all, "epochs=1", "tracking.uri=http://127.0.0.1:9")
    assert down.returncode == 0, down.stderr
    synced = door("sync", "--uri", uri)
    assert "cells: version 1 is registered and is the champion: val/loss" in synced.stdout
    swept = door("train", "-m", *of_all, "epochs=10", "seed=0,1", "optimizer.lr=0.01")
    assert swept.returncode == 0, swept.stderr
    assert "cells: version 2 is registered and is the champion: val/loss" in swept.stdout
    assert "of version 1" in swept.stdout
    version = connect(uri).get_model_version_by_alias("cells", CHAMPION)
    model = mlflow.pyfunc.load_model(version.source)
    assert list(model.predict(model.input_example)) == ["probability", "label"]


def test_a_project_that_moved_finds_its_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    with_store(old)
    monkeypatch.chdir(old)
    sent(old, resolve_uri(None), 1, 0.8)
    old.rename(new)
    monkeypatch.chdir(new)
    version = champion(resolve_uri(None))
    place = connect(resolve_uri(None)).get_model_version_download_uri("lungs", version.version)
    assert version.source.startswith(new.as_uri())
    assert place.startswith(new.as_uri())
