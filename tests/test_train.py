"""The door as a user meets it: what a run leaves, how it ends, what a mistake costs."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from src.config.schema import TAGS
from tests import doors
from tests.conftest import Command
from tests.doors import environment

LEFT = {
    *(
        "config.yaml",
        "history.csv",
        "results.json",
        "checkpoint.ckpt",
        "predictions.parquet",
        "loss_curve.png",
        "model",
    ),
    *(
        "first_layer.png",
        "worst_mistakes.png",
        "worst_mistakes.csv",
        "confusion.png",
        "classes.csv",
        "environment.txt",
        "tags.json",
        "train.log",
        ".hydra",
        "mlflow.json",
    ),
    "identity.json",
}


def only_run(folder: Path) -> Path:
    (run,) = (folder / "mlruns" / "runs").iterdir()
    return run


def results(folder: Path) -> dict:
    return json.loads((only_run(folder) / "results.json").read_text())


def mlflow_run(folder: Path, experiment: str):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return client, run


def test_a_run_leaves_everything_and_mlflow_has_it(door: Command, tmp_path: Path):
    done = door("train", "+experiment=smoke", "train_eval=true", "tracking.tags.team=lungs")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "test accuracy" in done.stdout
    run = only_run(tmp_path)
    assert {path.name for path in run.iterdir()} == LEFT
    history = pd.read_csv(run / "history.csv")
    figures = ["train/loss", "train/loss_eval", "val/loss", "val/accuracy", "val/auroc"]
    assert list(history) == ["epoch", *figures, "lr", "epoch_seconds"]
    assert list(history["epoch"]) == [1, 2, 3]
    told = results(tmp_path)
    assert told["run"] == run.name
    assert told["stop_reason"] == "epochs"
    assert told["objective"] == {"name": "val/loss", "value": pytest.approx(history["val/loss"].min())}
    assert told["test"]["accuracy_low"] <= told["test"]["accuracy"] <= told["test"]["accuracy_high"]
    client, recorded = mlflow_run(tmp_path, "smoke")
    assert recorded.info.status == "FINISHED"
    assert recorded.data.params["model.widths"] == "[16]"
    assert recorded.data.params["optimizer.lr"] == "0.001"
    assert {"git_commit", "git_dirty", "torch", "device", "seed", "data", "stop_reason"} <= recorded.data.tags.keys()
    assert recorded.data.tags["team"] == "lungs"
    known = {*TAGS, "team"}
    assert {tag for tag in recorded.data.tags if not tag.startswith("mlflow.")} <= known, (
        "a user's could be taken for it"
    )
    for name in [*figures, "lr"]:
        curve = client.get_metric_history(recorded.info.run_id, name)
        assert {point.step: point.value for point in curve} == pytest.approx(
            dict(zip(history["epoch"], history[name], strict=True))
        )
    assert recorded.data.metrics["best/epoch"] == told["best_epoch"]
    assert recorded.data.metrics["best/val/loss"] == pytest.approx(told["objective"]["value"])
    assert recorded.data.metrics["test/accuracy"] == pytest.approx(told["test"]["accuracy"])
    artifacts = {file.path for file in client.list_artifacts(recorded.info.run_id)}
    assert artifacts == LEFT - {"checkpoint.ckpt", ".hydra", "mlflow.json", "identity.json"}


def test_a_loss_that_is_not_finite_is_a_result_of_its_own(door: Command, tmp_path: Path):
    done = door("train", "+experiment=smoke", "optimizer=sgd", "optimizer.lr=1e30", "tracking.enabled=false")
    assert done.returncode == 0, done.stderr
    told = results(tmp_path)
    assert (told["status"], told["stop_reason"]) == ("FINISHED", "diverged")
    assert told["stopped_epoch"] >= 1
    assert "diverged" in done.stdout


ENDLESS = ["+experiment=smoke", "epochs=100000", "patience=null", "tracking.enabled=false"]


def ends_in_good_order(folder: Path, process: "doors.Started | subprocess.Popen[bytes]", signum: int) -> int:
    """Send it the signal once it trains; its exit status."""
    while not list(folder.glob("mlruns/runs/*/history.csv")):
        assert process.poll() is None, (folder / "errors").read_text()
        time.sleep(0.05)
    process.send_signal(signum)
    status = process.wait(60)
    assert "Traceback" not in (folder / "errors").read_text()
    told = results(folder)
    assert (told["status"], told["stop_reason"]) == ("KILLED", "interrupted")
    assert not (only_run(folder) / "owner.json").exists()
    return status


def test_ctrl_c_ends_the_run_in_good_order(tmp_path: Path):
    command = [sys.executable, "-m", "src.train", *ENDLESS]
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=errors, stderr=errors)
    assert ends_in_good_order(tmp_path, process, signal.SIGINT) == 130
    told = (tmp_path / "errors").read_text()
    assert f"broken off: python -m src.train resume={only_run(tmp_path).name} goes on with it\n" in told


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_run_in_good_order(tmp_path: Path, signum: int, code: int):
    heeded = f"import signal; signal.signal({int(signum)}, signal.SIG_DFL)\n"  # tests under nohup ignore SIGHUP
    command = ["-c", f"{heeded}from src.train import main; main()", *ENDLESS]
    process = doors.start(*command, cwd=tmp_path, output=tmp_path / "output", errors=tmp_path / "errors")
    assert ends_in_good_order(tmp_path, process, signum) == code


MISTAKES = {
    "optimizer.lrr=1": "optimizer.lrr: must be a known key",
    "optimizer=adma": "optimizer: must be one of adagrad, adam",
    "+experiment=nothing": "experiment: must be one of digits",
    "epochs=0": "epochs: must be greater than or equal to 1, but got 0.",
    "nonsense": "command line: an argument must read key=value",
    "resume=nothing": "resume: must be the folder name or the MLflow id of a run",
}


def test_a_warm_up_longer_than_the_run_is_refused(door: Command, tmp_path: Path):
    done = door("train", "+experiment=smoke", "schedule.warmup_steps=1000", "tracking.enabled=false")
    assert done.returncode == 1
    assert done.stderr.startswith("error: schedule.warmup_steps: must be less than the run's ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("mlruns/runs/*"))  # it is told before anything is recorded


@pytest.mark.parametrize("argument", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(door: Command, tmp_path: Path, argument: str):
    done = door("train", argument)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {MISTAKES[argument]}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "mlruns").exists()


def test_the_traceback_is_there_for_who_asks(tmp_path: Path):
    command = [sys.executable, "-m", "src.train", "epochs=0"]
    asking = {**environment(), "HYDRA_FULL_ERROR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=asking, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Traceback" in done.stderr


MODULE = """
import torch
from torch import nn
from src.data.dataset import Dataset, Split

class Wide(nn.Module):
    def __init__(self, num_features, num_outputs, factor):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(num_features, factor * num_features), nn.ReLU(), nn.Dropout(0.1),
                                    nn.Linear(factor * num_features, num_outputs))
    def forward(self, inputs):
        return self.layers(inputs)

def blobs(size, broken=False):
    def split(seed):
        labels = torch.arange(size) % 2
        inputs = torch.randn(size, 2, generator=torch.Generator().manual_seed(seed)) + 5 * labels.unsqueeze(1)
        return Split(inputs / 0 if broken else inputs, labels)
    return Dataset("blobs", "two blobs", "binary", split(0), split(1), split(2), classes=("left", "right"))
"""
MINE = (
    "data._target_=mine.blobs",
    "~data.val_fraction",
    "~data.test_fraction",
    "~data.split_seed",
    "data.standardize=features",
)


def test_a_users_own_model_and_reader_plug_in(door: Command, tmp_path: Path):
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    config = {
        "defaults": [{"override /data": "wine"}],
        "epochs": 30,
        "tracking": {"enabled": False},
        "model": {"_target_": "mine.Wide", "factor": 4},
        "data": {"_target_": "mine.blobs", "size": 60},
    }
    del config["defaults"]
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text("# @package _global_\n" + yaml.safe_dump(config))
    base = ["model=custom", "data=custom", f"hydra.searchpath=[file://{tmp_path}/conf]", "+experiment=mine"]
    for group in ("model", "data"):
        (tmp_path / "conf" / group).mkdir()
        (tmp_path / "conf" / group / "custom.yaml").write_text(
            "_target_: ???\n" + ("standardize: features\n" if group == "data" else "")
        )

    done = door("train", *base)
    assert done.returncode == 0, done.stderr
    told = results(tmp_path)
    assert told["data"]["name"] == "blobs"
    assert told["test"]["auroc"] > 0.9
    refused = door("train", *base, "+model.depth=3")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: model: ")
    broken = door("train", *base, "+data.broken=true")
    assert broken.returncode == 1
    assert broken.stderr.startswith(
        "error: blobs: train: inputs must be finite, but got NaN or infinity in 60 of 60 examples."
    )


def test_a_users_own_reader_needs_no_file_of_configuration(door: Command, tmp_path: Path):
    (tmp_path / "mine.py").write_text(
        MODULE + "\ndef rows(number): return torch.rand(number, 2), torch.arange(number) % 2"
    )
    keys = ("epochs=1", "model.widths=[4]", "tracking.enabled=false")
    done = door("train", "data=code", "data._target_=mine.rows", "+data.number=40", "data.test_fraction=0.5", *keys)
    assert done.returncode == 0, done.stderr
    assert results(tmp_path)["data"]["name"] == "mine.rows"
    assert door("train", "data=code", *keys).stderr.startswith("error: data._target_: ")


def test_a_folder_that_cannot_be_written_is_named(door: Command, tmp_path: Path):
    (tmp_path / "mlruns").write_text("a file where the folder should be")
    done = door("train", "+experiment=smoke")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "mlruns" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_dead_tracking_server_costs_one_warning_and_sync_sends_the_run_later(door: Command, project: Path):
    done = door("train", "+experiment=smoke", "tracking.uri=http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "python -m src.sync" in done.stderr
    refused = door("sync")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
    sent = door("sync", "--uri", f"sqlite:///{project}/mlruns/mlflow.db")
    assert sent.returncode == 0, sent.stderr
    assert mlflow_run(project, "smoke")[1].info.status == "FINISHED"
    assert "0 of 1 runs sent" in door("sync").stdout
