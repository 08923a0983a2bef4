"""MLflow agrees with a run's folder, whatever happened on the way. A real SQLite store."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from src import runs
from src.runs import write_history
from src.tracking.background import Mirror
from src.tracking.store import STATE, connect, without_password
from src.tracking.tracker import Sender, is_complete, send
from tests.conftest import environment

EXPERIMENT = "claims"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"


def run_folder(parent: Path, uri: str, epochs: int, name: str = "run") -> Path:
    """A run's folder after `epochs`, as the training leaves it."""
    folder = parent / name
    folder.mkdir(exist_ok=True)
    tracking = {"uri": uri, "experiment": EXPERIMENT, "run_name": None}
    runs.write_text(
        folder / runs.CONFIG, yaml.safe_dump({"seed": 3, "model": {"widths": [4, 2]}, "tracking": tracking})
    )
    runs.write_json(folder / "tags.json", {"data": "simulated"})
    write(folder, range(1, epochs + 1))
    return folder


def write(folder: Path, epochs: Sequence[int], **figures: float) -> None:
    write_history(
        folder, [{"epoch": epoch, "train/loss": 1 / epoch, "val/loss": 2 / epoch, **figures} for epoch in epochs]
    )


def end(folder: Path, **more: Any) -> None:
    results = {"run": folder.name, "status": "FINISHED", "stop_reason": "epochs", "best_epoch": 2, "stopped_epoch": 3}
    runs.write_json(folder / runs.RESULTS, {**results, "test": {"auroc": 0.9}, **more})


def sender(folder: Path, uri: str) -> Sender:
    return Sender(folder, uri=uri, experiment=EXPERIMENT, run_name=None)


def curve(uri: str, run_id: str | None, name: str = "val/loss") -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in connect(uri).get_metric_history(run_id, name)]


def test_each_epoch_is_sent_once_however_often_it_is_asked_for(tmp_path: Path, uri: str):
    folder = run_folder(tmp_path, uri, epochs=2, name="once")
    first = sender(folder, uri)
    for epochs in (2, 2, 5):
        write(folder, range(1, epochs + 1))
        first.send_history()
    again = sender(folder, uri)  # another process, after a kill
    again.send_history()
    write(folder, range(1, 8))
    again.send_history()
    assert again.run_id == first.run_id
    assert curve(uri, again.run_id) == [(epoch, 2 / epoch) for epoch in range(1, 8)]


def test_a_run_is_created_once_though_its_id_was_lost(tmp_path: Path, uri: str):
    folder = run_folder(tmp_path, uri, epochs=1, name="lost")
    first = sender(folder, uri)
    first.open()
    (folder / STATE).unlink()  # killed between the creation of the run and the writing of its id
    again = sender(folder, uri)
    again.open()
    assert again.run_id == first.run_id


def test_a_finished_run_that_goes_on_is_running_until_it_ends_again(tmp_path: Path, uri: str):
    folder = run_folder(tmp_path, uri, epochs=3, name="continued")
    end(folder, status="KILLED", stop_reason="interrupted")
    send(folder)
    run_id, client = runs.read_json(folder / STATE)["run_id"], connect(uri)
    assert client.get_run(run_id).info.status == "KILLED"
    assert is_complete(folder)
    going_on = sender(folder, uri)
    going_on.open()
    assert client.get_run(run_id).info.status == "RUNNING"
    write(folder, range(1, 6))
    end(folder, stopped_epoch=5)
    assert not is_complete(folder)
    going_on.finish()
    run = client.get_run(run_id)
    assert (run.info.status, run.data.tags["stop_reason"]) == ("FINISHED", "epochs")
    assert (run.data.metrics["stopped/epoch"], run.data.metrics["test/auroc"]) == (5.0, 0.9)
    assert curve(uri, run_id) == [(epoch, 2 / epoch) for epoch in range(1, 6)]
    assert is_complete(folder)


def test_a_run_is_recorded_with_its_leaves_tags_and_files(tmp_path: Path, uri: str):
    folder = run_folder(tmp_path, uri, epochs=1, name="whole")
    (folder / "model").mkdir()
    (folder / "model" / "weights").write_text("w")
    (folder / "half.part").write_text("")
    end(folder)
    send(folder)
    client, run_id = connect(uri), runs.read_json(folder / STATE)["run_id"]
    data = client.get_run(run_id).data
    assert {name: data.params[name] for name in ("seed", "model.widths")} == {"seed": "3", "model.widths": "[4, 2]"}
    assert (data.tags["data"], data.tags["folder"]) == ("simulated", "whole")
    files = {artifact.path for artifact in client.list_artifacts(run_id)}
    assert files == {"config.yaml", "history.csv", "results.json", "tags.json", "model"}


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_diverged_run_is_sent_whole(tmp_path: Path, uri: str, loss: float):
    folder = run_folder(tmp_path, uri, epochs=0, name=f"diverged-{loss}")
    write_history(
        folder, [{"epoch": 1, "train/loss": 1.0, "val/loss": 2.0}, {"epoch": 2, "train/loss": loss, "val/loss": loss}]
    )
    objective = {"name": "val/loss", "value": None}
    end(folder, stop_reason="diverged", test=None, val=None, best_epoch=None, objective=objective)
    send(folder)
    run_id = runs.read_json(folder / STATE)["run_id"]
    assert [step for step, _ in curve(uri, run_id)] == [1, 2]
    assert curve(uri, run_id)[1][1] != pytest.approx(2.0)
    assert connect(uri).get_run(run_id).info.status == "FINISHED"


def test_a_send_cut_short_leaves_no_epoch_in_half(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch):
    """3,001 figures an epoch group into calls of 1,000: each call holds whole epochs, so a resumed send loses none."""
    folder = run_folder(tmp_path, uri, epochs=0, name="long")
    write(folder, range(1, 1201), **{"val/auroc": 0.5})
    cut = sender(folder, uri)
    cut.open()
    log_batch, calls = cut._client.log_batch, []

    def fails_at_third(*args: Any, **kwargs: Any) -> None:
        calls.append(len(kwargs["metrics"]))
        if len(calls) == 3:
            raise ConnectionError
        log_batch(*args, **kwargs)

    monkeypatch.setattr(cut._client, "log_batch", fails_at_third)
    with pytest.raises(ConnectionError):
        cut.send_history()
    assert max(calls) <= 1000
    sender(folder, uri).send_history()
    for name in ("train/loss", "val/loss", "val/auroc"):
        assert [step for step, _ in curve(uri, cut.run_id, name)] == list(range(1, 1201))


def test_a_store_that_failed_while_it_was_opened_is_opened_again(
    tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
):
    folder = run_folder(tmp_path, uri, epochs=2, name="half-open")
    half_open = sender(folder, uri)
    with monkeypatch.context() as patch:
        patch.setattr("src.tracking.tracker.experiment_id", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            half_open.open()
    half_open.send_history()
    assert len(curve(uri, half_open.run_id)) == 2


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://me:secret@host:5000/path", "http://me:***@host:5000/path"),
        ("postgresql://me:s%40crt@host/db", "postgresql://me:***@host/db"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
    ],
)
def test_a_password_is_not_shown(uri: str, shown: str):
    assert without_password(uri, uri) == shown


def test_a_warning_about_a_server_tells_no_password(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    uri = "http://me:secret@127.0.0.1:9"
    folder = run_folder(tmp_path, uri, epochs=1)
    end(folder)
    mirror = Mirror(folder, uri=uri, experiment=EXPERIMENT, run_name=None, interval=0.01)
    with caplog.at_level(logging.INFO):
        mirror.start()
        mirror.notify()
        assert not mirror.close()
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1
    assert "src.sync" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.slow
def test_processes_that_start_on_a_new_store_together_do_not_break_it(tmp_path: Path):
    code = (
        "import sys; from src.tracking.store import connect, experiment_id as e; u = sys.argv[1]; e(connect(u), u, 'x')"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/new/mlflow.db"]
    together = [
        subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    errors = [process.communicate(timeout=120)[1] for process in together]
    assert [process.returncode for process in together] == [0, 0, 0, 0], errors
