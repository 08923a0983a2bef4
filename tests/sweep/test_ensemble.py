"""`ensemble=K`: one configuration on K seeds, and what their mean is worth."""

import re
import signal
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from src import runs
from src.runs.evaluation import read_predictions
from tests import doors

KEYS = ["+experiment=smoke", "data=breast_cancer", "epochs=3", "seed=4", "ensemble=3"]


def train(folder: Path, *more: str) -> Any:
    return doors.run("-m", "src.train", *KEYS, *more, cwd=folder)


def sweep_in(folder: Path) -> Path:
    (sweep,) = (folder / "mlruns" / "sweeps").iterdir()
    return sweep


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which an ensemble was trained, with what the command said in `said`."""
    folder = doors.with_store(tmp_path_factory.mktemp("ensemble"))
    done = train(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "said").write_text(done.stdout)
    return folder


def mean_of(sweep: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean probability of the members by NumPy, and the labels."""
    found = [read_predictions(sweep / str(number))[split] for number in range(3)]
    return np.mean([1 / (1 + np.exp(-one.logits.double().numpy())) for one in found], 0), found[0].labels.numpy()


def test_its_members_are_the_runs_of_their_seeds_and_all_are_kept(home: Path):
    sweep = sweep_in(home)
    assert not list((home / "mlruns" / "runs").glob("*"))
    results = [runs.read_json(sweep / str(number) / runs.RESULTS) for number in range(3)]
    assert [one["seed"] for one in results] == [4, 5, 6]
    assert all(one["test"] for one in results)
    assert {path.parent.parent.name for path in sweep.glob("*/model/MLmodel")} == {"0", "1", "2"}
    (alone := home / "alone").mkdir()
    done = doors.run("-m", "src.train", *KEYS[:-2], "seed=5", "engine=native", "tracking.enabled=false", cwd=alone)
    assert done.returncode == 0, done.stderr
    (run,) = (alone / "mlruns" / "runs").iterdir()
    assert runs.read_json(run / runs.RESULTS)["test"] == results[1]["test"]
    settings = [runs.read_json(folder / runs.IDENTITY)["hash"] for folder in (run, sweep / "1")]
    assert settings[0] == settings[1], "a member is a run like any other"


def test_the_figures_of_the_mean_are_those_of_numpy_and_scikit_learn(home: Path):
    sweep = sweep_in(home)
    told = runs.read_json(sweep / "ensemble.json")
    for split in ("val", "test"):
        probabilities, labels = mean_of(sweep, split)
        assert told[split]["auroc"] == pytest.approx(roc_auc_score(labels, probabilities), abs=1e-9)
        assert told[split]["brier"] == pytest.approx(np.mean((probabilities - labels) ** 2), abs=1e-7)
        hits = (probabilities >= told["threshold"]) == labels
        assert told[split]["accuracy_at_threshold"] == pytest.approx(np.mean(hits))
        areas = [runs.read_json(sweep / str(number) / runs.RESULTS)[split]["auroc"] for number in range(3)]
        assert told["of_members"][split]["auroc"]["mean"] == pytest.approx(statistics.mean(areas))
        assert told["of_members"][split]["auroc"]["sd"] == pytest.approx(statistics.stdev(areas))
    assert told["test"]["auroc_low"] < told["test"]["auroc"] < told["test"]["auroc_high"]
    assert told["members"] == [0, 1, 2]
    each, test = told["of_members"]["test"]["auroc"], told["test"]
    bounds = f"[{test['auroc_low']:.3f}, {test['auroc_high']:.3f}]"
    line = rf"test auroc +{each['mean']:.4f} ± {each['sd']:.4f} +{test['auroc']:.4f} +{re.escape(bounds)}"
    assert re.search(line, (home / "said").read_text())


def test_mlflow_has_the_figures_and_the_file_with_the_parent_run(home: Path):
    import mlflow

    told = runs.read_json(sweep_in(home) / "ensemble.json")
    client = mlflow.MlflowClient(f"sqlite:///{home}/mlruns/mlflow.db")
    (experiment,) = [one for one in client.search_experiments() if one.name == "smoke"]
    found = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
    assert (len(found), parent.info.status) == (4, "FINISHED")
    assert parent.data.metrics["ensemble/test/auroc"] == pytest.approx(told["test"]["auroc"])
    mean = told["of_members"]["val"]["auroc"]["mean"]
    assert parent.data.metrics["members/val/auroc_mean"] == pytest.approx(mean)
    names = {artifact.path for artifact in client.list_artifacts(parent.info.run_id)}
    assert {"ensemble.json", "headline.json", "leaderboard.csv"} <= names


def test_new_rows_are_predicted_by_the_mean_with_its_threshold(home: Path):
    sweep = sweep_in(home)
    rows = pd.DataFrame(np.random.default_rng(0).normal(20, 9, (40, 30)))
    from sklearn.datasets import load_breast_cancer

    rows.columns = list(load_breast_cancer().feature_names)
    rows.to_csv(home / "rows.csv", index=False)

    def ask(run: str, *more: str) -> pd.DataFrame:
        done = doors.run("-m", "src.predict", f"run={run}", "input=rows.csv", "output=out.csv", *more, cwd=home)
        assert done.returncode == 0, done.stderr
        return pd.read_csv(home / "out.csv")

    each = [ask(f"{sweep.name}/{number}")["probability"] for number in range(3)]
    answer = ask(sweep.name)
    np.testing.assert_allclose(answer["probability"], np.mean(each, 0), rtol=1e-9)
    threshold = runs.read_json(sweep / "ensemble.json")["threshold"]
    above = answer["probability"] >= threshold
    assert 0 < above.sum() < len(above)
    assert answer["label"][above].nunique() == answer["label"][~above].nunique() == 1
    assert "probability_sd" not in ask(sweep.name, "top=1")
    recorded = doors.run("-m", "src.predict", f"run={sweep.name}", cwd=home)
    auroc = runs.read_json(sweep / "ensemble.json")["test"]["auroc"]
    assert re.search(rf"test auroc +│ {auroc:.4f} ", recorded.stdout), recorded.stdout + recorded.stderr


def test_the_same_command_tells_it_again_and_trains_nothing(home: Path):
    before = (sweep_in(home) / "ensemble.json").read_bytes()
    done = train(home)
    assert done.returncode == 0, done.stderr
    assert "nothing is left to do" in done.stdout
    assert (sweep_in(home) / "ensemble.json").read_bytes() == before


def test_killed_it_goes_on_by_the_same_command_to_the_same_figures(home: Path, tmp_path: Path):
    keys = ["tracking.enabled=false"]
    killed = doors.start("-m", "src.train", *KEYS, *keys, cwd=tmp_path, output=tmp_path / "output")
    while killed.poll() is None and not list(tmp_path.glob("mlruns/sweeps/*/0/results.json")):
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not list(tmp_path.glob("mlruns/sweeps/*/ensemble.json"))
    done = train(tmp_path, *keys)
    assert done.returncode == 0, done.stderr
    again, straight = (runs.read_json(sweep_in(folder) / "ensemble.json") for folder in (tmp_path, home))
    assert again == straight


REFUSED = {
    ("ensemble=1",): "ensemble: must be greater than or equal to 2, but got 1.",
    ("lr_find=true",): "ensemble: must be null with lr_find=true, which trains no run, but got 3.",
    (
        "trainer.num_nodes=2",
        "trainer.strategy=ddp",
    ): "trainer.num_nodes: must be 1 with ensemble=3, but got 2.",
    (
        "-m",
        "optimizer.lr=0.1,0.2",
    ): "ensemble: must be null in a multirun, whose best configuration hydra.launcher.retrain",
    ("-m", "+search=quick"): "ensemble: must be null in a multirun, whose best configuration hydra.launcher.retrain",
}


@pytest.mark.parametrize("more", REFUSED, ids=" ".join)
def test_what_makes_no_ensemble_is_refused_in_a_line(tmp_path: Path, more: tuple[str, ...]):
    keys = [key for key in KEYS if not key.startswith("ensemble") or "ensemble=1" not in more]
    done = doors.run("-m", "src.train", *keys, *more, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"error: {REFUSED[more]}")
    assert not list(tmp_path.glob("mlruns/*/*"))
