"""An experiment by its door, in a folder of its own, with MLflow's real store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from tests.conftest import REPOSITORY


def conducted(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    command = [sys.executable, "-m", "experiments.loss_landscape", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    done = conducted(folder, "--quick")
    assert done.returncode == 0, done.stderr
    return folder


def test_it_leaves_findings_a_verdict_and_figures(folder):
    left = folder / "mlruns" / "studies" / "loss_landscape-quick"
    report = json.loads((left / "results.json").read_text())
    assert report["verdict"] in ("holds", "undecided", "does not hold")
    assert len(report["findings"]) == 5
    assert {path.name for path in left.iterdir()} >= {"loss_landscape.png", "loss_landscape.html"}
    assert "host" not in report["made_by"]


def test_mlflow_has_the_claim_its_findings_and_every_run(folder):
    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("loss_landscape").experiment_id])
    (study,) = (run for run in runs if run.data.tags.get("verdict"))
    report = json.loads((folder / "mlruns" / "studies" / "loss_landscape-quick" / "results.json").read_text())
    assert study.data.tags["verdict"] == report["verdict"]
    assert study.data.metrics["finding/1/estimate"] == report["findings"][0]["estimate"]
    assert "loss_landscape.png" in {file.path for file in client.list_artifacts(study.info.run_id)}
    assert study.data.tags["sweeps"] == " ".join(report["sweeps"])
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert len(children) == 3
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_what_has_been_trained_is_not_trained_again(folder):
    (sweep,) = (folder / "mlruns" / "sweeps").iterdir()
    before = {path: path.stat().st_mtime_ns for path in sweep.rglob("*")}
    again = conducted(folder, "--quick")
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in sweep.rglob("*")} == before


def test_a_mistake_is_one_line(folder):
    done = conducted(folder, "--quick", "optimizer.lr=nonsense", "tracking.enabled=false")
    assert done.returncode == 1
    assert done.stderr.startswith("error: optimizer.lr: ")
    assert done.stderr.count("\n") == 1
