"""An experiment by its door, in a folder of its own, with MLflow's real store."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from src.claims import Lab
from src.claims.lab import _digest, _files_of
from tests import doors
from tests.doors import REPOSITORY
from tests.tracking.server import Server


def conducted(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return doors.run("-m", "experiments.loss_landscape", *arguments, cwd=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = doors.with_store(tmp_path_factory.mktemp("claim"))
    done = conducted(folder, "--quick")
    assert done.returncode == 0, done.stderr
    return folder


def test_it_leaves_findings_a_verdict_and_figures(folder):
    left = folder / "mlruns" / "claims" / "loss_landscape-quick"
    report = json.loads((left / "results.json").read_text())
    assert report["verdict"] in ("holds", "undecided", "does not hold")
    assert len(report["findings"]) == 5
    assert {path.name for path in left.iterdir()} >= {"loss_landscape.png", "loss_landscape.html"}
    assert "host" not in report["made_by"]


def test_mlflow_has_the_claim_its_findings_and_every_run(folder):
    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("loss_landscape").experiment_id])
    (claim,) = (run for run in runs if run.data.tags.get("verdict"))
    report = json.loads((folder / "mlruns" / "claims" / "loss_landscape-quick" / "results.json").read_text())
    assert claim.data.tags["verdict"] == report["verdict"]
    assert claim.data.metrics["finding/1/estimate"] == report["findings"][0]["estimate"]
    assert "loss_landscape.png" in {file.path for file in client.list_artifacts(claim.info.run_id)}
    assert claim.data.tags["sweeps"] == " ".join(report["sweeps"])
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


def test_what_was_trained_without_mlflow_is_sent_when_it_is_asked_for(project):
    assert conducted(project, "--quick", "tracking.enabled=false").returncode == 0
    (sweep,) = (project / "mlruns" / "sweeps").iterdir()
    before = {path: path.stat().st_mtime_ns for path in sweep.glob("*/history.csv")}
    assert conducted(project, "--quick").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in sweep.glob("*/history.csv")} == before
    client = MlflowClient(f"sqlite:///{project}/mlruns/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("loss_landscape").experiment_id])
    assert sorted(run.info.status for run in runs) == ["FINISHED"] * 5  # three seeds, their parent, the claim
    assert all(run.data.metrics["best/epoch"] for run in runs if "mlflow.parentRunId" in run.data.tags)


@pytest.mark.slow
def test_a_server_that_is_down_costs_a_warning_and_sync_sends_the_claim_later(tmp_path):
    server = Server(tmp_path)
    shutil.copy(doors.empty_store(), tmp_path / "server.db")
    done = conducted(tmp_path, "--quick", f"tracking.uri={server.uri}")
    assert done.returncode == 0, done.stderr
    assert "`python -m src.sync` sends the claim later" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "mlruns" / "claims" / "loss_landscape-quick" / "results.json").is_file()
    server.start()
    try:
        for expected in ("loss_landscape-quick: sent", "0 of 3 runs sent"):
            synced = doors.run("-m", "src.sync", cwd=tmp_path)
            assert synced.returncode == 0, synced.stderr
            assert expected in synced.stdout
        client = MlflowClient(server.uri)
        runs = client.search_runs([client.get_experiment_by_name("loss_landscape").experiment_id])
        assert len([run for run in runs if run.data.tags.get("verdict")]) == 1
        assert len(runs) == 5
    finally:
        server.kill()
    shutil.copy(doors.empty_store(), tmp_path / "other.db")  # what one server has can be sent to another
    other = f"sqlite:///{tmp_path}/other.db"
    synced = doors.run("-m", "src.sync", "--uri", other, cwd=tmp_path)
    assert synced.returncode == 0, synced.stderr
    client = MlflowClient(other)
    runs = client.search_runs([client.get_experiment_by_name("loss_landscape").experiment_id])
    assert len([run for run in runs if run.data.tags.get("verdict")]) == 1
    assert len([run for run in runs if "mlflow.parentRunId" in run.data.tags]) == 3


def test_only_the_claim_as_its_file_states_it_lands_beside_the_experiments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Lab("depth").is_stated
    assert Lab("depth", seeds=10, overrides=["tracking.enabled=false", "trainer.accelerator=cpu"]).is_stated
    others = [
        Lab("depth", quick=True),
        Lab("depth", seeds=3),
        Lab("depth", first_seed=100),
        Lab("depth", overrides=["optimizer.lr=0.1"]),
    ]
    assert not any(lab.is_stated for lab in others)
    assert len({lab.folder for lab in (Lab("depth"), *others)}) == 5


@pytest.mark.parametrize("override", ["seed=3", "ensemble=2", "lr_find=true", "resume=latest"])
def test_what_would_make_another_command_of_it_is_refused(override):
    with pytest.raises(ValueError, match=f"{override.partition('=')[0]}: must be left to the claim"):
        Lab("depth", overrides=[override])


def test_the_files_behind_a_claim_are_found_however_deep_they_are_named(tmp_path):
    data = tmp_path / "films.npz"
    data.write_bytes(b"films")
    run = Lab("overfitting").run("data=modified", "data@data.source=phantom")
    source = {**run.data["source"], "path": str(data)}
    seeded = [run.model_copy(update={"data": {**run.data, "source": source}})]
    assert {data, REPOSITORY / "src" / "data" / "sources" / "modified.py"} <= _files_of(seeded)
    before = _digest(seeded)
    data.write_bytes(b"others")
    assert _digest(seeded) != before


def test_a_seed_draws_rows_of_its_own_where_it_is_asked_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Lab("rows", quick=True, overrides=("tracking.enabled=false",))
    runs = {"unit": lab.run("data=blobs", "model=perceptron", "epochs=2")}
    same, anew = lab.train(runs), lab.train(runs, drawn_by="seed")
    first, second, _ = lab.seeds
    assert same.data("unit", first) is same.data("unit", second)
    assert not (anew.data("unit", first).train.inputs == anew.data("unit", second).train.inputs).any()
    val = anew.data("unit", second).val
    assert anew.predict("unit", second, val).figures("binary", None)["accuracy"] == anew.last("unit", "val/accuracy")[1]


def test_what_a_claim_chooses_by_is_not_what_judges_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Lab("rows", quick=True, overrides=("tracking.enabled=false",))
    chosen = lab.train({"unit": lab.run("data=blobs", "model=perceptron", "epochs=2")}, seeds=lab.other_seeds)
    assert chosen.seeds == [3, 4, 5]
    assert lab.seeds == range(3)
