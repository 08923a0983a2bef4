"""Calls from Python are the commands: the same folders and bits, with frames in and out."""

import json
import logging
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src import lab
from src.report.command import commands
from src.report.page_data import read_page_data
from src.runs.files import read_history
from src.tracking.folders import FolderReader
from tests import doors

QUIET = {"tracking.enabled": False}
SMALL = {"epochs": 2, "widths": [4], "engine": "native", **QUIET}


def churn(rows=120):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(rows, 3)), columns=["age", "usage", "fee"])
    frame["plan"] = draw.choice(["gold", "basic"], rows)
    return frame.assign(Churn=np.where(frame["age"] + (frame["plan"] == "gold") > 0, "yes", "no"))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder for all that is trained here."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("lab")
    patch.chdir(folder)
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def run(here):
    return lab.train("smoke", QUIET, lr=1e-2)


@pytest.fixture(scope="module")
def sweep(here):
    return lab.sweep(SMALL, data=churn(), target="Churn", lr=[1e-3, 1e-1], seed=range(2))


@pytest.fixture(scope="module")
def search(here):
    return lab.search(SMALL, data=churn(), target="Churn", lr=lab.interval(1e-3, 1e-1, log=True), n_trials=3, retrain=0)


def test_a_run_has_the_bits_of_the_command(run, tmp_path):
    typed = ("+experiment=smoke", "optimizer.lr=0.01", "tracking.enabled=false", "hydra.run.dir=mlruns/runs/typed")
    ended = doors.run("-m", "src.train", *typed, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    folder = tmp_path / "mlruns" / "runs" / "typed"
    assert {path.name for path in run.folder.iterdir()} <= {path.name for path in folder.iterdir()}
    told = [{key: value for key, value in row.items() if key != "epoch_seconds"} for row in read_history(folder)]
    assert run.history.drop(columns="epoch_seconds").to_dict("records") == told
    assert lab.Run(folder).figures == run.figures


def test_a_run_tells_of_itself(run):
    assert run.results.stopped_epoch == len(run.history) == 3
    assert 0 < run.figures["val_auroc"] <= 1
    assert run.figures["test_auroc_low"] < run.figures["test_auroc"]
    assert run.config["optimizer"]["lr"] == 0.01
    assert set(run.predictions["split"]) == {"val", "test"}
    assert run.plot()._repr_png_().startswith(b"\x89PNG")
    assert "Train may lie above val" in run.plot().get_supxlabel()
    page = run._repr_html_()
    assert str(run.folder) in page
    assert "<th style='text-align:left'>auroc</th>" in page
    assert lab.load(run.name).folder == run.folder
    assert run.name in run.report().read_text()


def test_a_run_that_lies_elsewhere_is_that_run(run, sweep, tmp_path):
    other = lab.Run(shutil.copytree(run.folder, tmp_path / run.folder.name))
    results = json.loads((other.folder / "results.json").read_text())
    changed = {"num_params": 123457, "val": {**results["val"], "accuracy": 0.123}}
    (other.folder / "results.json").write_text(json.dumps({**results, **changed}))
    figures = lab.diff(run, other).figures.set_index("figure")
    assert figures["second"]["val_accuracy"] == 0.123
    page = other.report()
    assert page == Path("mlruns/reports") / f"{run.name}.html"
    assert "123,457" in page.read_text()
    assert "123,457" not in run.report().read_text()
    moved = lab.Sweep(shutil.copytree(sweep.folder, tmp_path / "moved"))
    assert lab.diff(sweep, moved).figures["difference"].abs().max() == 0
    assert "<h1>moved</h1>" in moved.report().read_text()


def test_a_run_that_was_killed_before_its_first_epoch_is_told(run, tmp_path):
    killed = lab.Run(shutil.copytree(run.folder, tmp_path / "killed"))
    for name in ("results.json", "history.csv", "predictions.parquet", "layers.csv"):
        (killed.folder / name).unlink(missing_ok=True)
    assert list(killed.history.columns) == ["epoch"]
    assert len(killed.history) == 0
    assert killed._repr_html_() is None
    assert "<h1>killed</h1>" in killed.report().read_text()
    with pytest.raises(
        ValueError, match=r"^.*killed: must be a run that has left predictions.parquet, but got none\.$"
    ):
        _ = killed.predictions
    with pytest.raises(ValueError, match=r"^.*killed: must be a run that has trained an epoch"):
        killed.plot()


def test_a_frame_goes_in_and_predictions_come_out(sweep):
    rows = churn().drop(columns="Churn").set_axis([f"row {place}" for place in range(120)])
    told = sweep.predict(rows)
    assert list(told.columns) == ["probability", "label"]
    assert list(told.index) == list(rows.index)
    leaves = churn()["Churn"].to_numpy() == "yes"
    assert told["probability"][leaves].mean() > told["probability"][~leaves].mean() + 0.1
    assert (sweep.predict(rows, top=3)["probability_sd"] > 0).any()
    pd.testing.assert_frame_equal(sweep.best.predict(rows), told)


def test_a_sweep_holds_its_runs_and_its_leaderboard(sweep):
    board = sweep.leaderboard
    assert list(board["optimizer.lr"]) == ["0.1", "0.001"]
    assert [one.name for one in sweep.runs] == [f"{sweep.name}/{number}" for number in range(4)]
    assert sweep.best.name.partition("/")[2] in board["numbers"][0].split()
    assert "0.1" in sweep._repr_html_()
    assert isinstance(lab.load(sweep.name), lab.Sweep)
    assert "optimizer.lr" in sweep.report().read_text()
    again = lab.sweep(SMALL, data=churn(), target="Churn", lr=[1e-3, 1e-1], seed=range(2))
    assert again.folder == sweep.folder  # by the content of the frame


def test_a_search_holds_its_trials(search):
    trials = search.trials
    assert len(trials) == 3
    assert trials["params_optimizer.lr"].between(1e-3, 1e-1).all()
    assert trials["value"].min() == pytest.approx(search.leaderboard["mean"][0])
    assert isinstance(lab.load(search.name), lab.Search)
    assert search.plot()._repr_png_()


@pytest.mark.parametrize("parts", [False, True])
def test_images_and_targets_may_be_arrays(here, parts):
    draw = np.random.default_rng(1)
    images, labels = draw.integers(0, 256, (60, 6, 6), np.uint8), np.tile(["sick", "well"], 30)
    given = (images, labels)
    if parts:
        given = {"train": (images, labels), "val": (images[:20], labels[:20]), "test": (images[20:], labels[20:])}
    run = lab.train({**SMALL, "epochs": 1}, data=given)
    assert run.results.data["classes"] == ["sick", "well"]
    assert set(run.predict(images[:3])["label"]) <= {"sick", "well"}


def test_frames_may_be_one_for_each_split(here):
    frame = churn()
    pairs = {part: (rows.drop(columns="Churn"), rows["Churn"]) for part, rows in zip(
        ("train", "val", "test"), (frame[:80], frame[80:100], frame[100:]), strict=True)}  # fmt: skip
    run = lab.train({**SMALL, "epochs": 1}, data=pairs)
    assert run.results.data["rows"] == {"train": 80, "val": 20, "test": 20}


def test_columns_and_targets_may_have_any_name(here):
    frame = churn().set_axis(["age (years)", "price, EUR", "fee", "plan", "y"], axis=1)
    columns = {"age (years)": "numeric", "price, EUR": "numeric"}
    run = lab.train({**SMALL, "epochs": 1}, data=frame, target="y", columns=columns, tags={"a b": "x"})
    assert run.config["data"]["columns"] == columns
    material = read_page_data("run", str(run.folder), FolderReader())
    ((_, command, remark),) = commands(material)
    assert remark == ""
    assert {"+data.columns.age (years)=numeric", "+data.columns.price, EUR=numeric"} <= set(shlex.split(command))
    numbered = pd.DataFrame(churn().drop(columns=["plan", "Churn"]).to_numpy()).assign(
        **{"3": 1 * (churn()["age"] > 0)}
    )
    assert lab.train({**SMALL, "epochs": 1}, data=numbered, target=np.int64(3)).config["data"]["target"] == "3"


def test_an_ensemble_is_a_sweep_that_predicts_by_its_mean(here):
    sweep = lab.train(SMALL, data=churn(), target="Churn", ensemble=2)
    assert isinstance(sweep, lab.Sweep)
    assert (sweep.predict(churn())["probability_sd"] > 0).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lab.train("smok"), "experiment: must be one of .*, but got 'smok'"),
        (lambda: lab.train("smoke", lr=-1), "optimizer.lr: must be greater than 0, but got -1"),
        (lambda: lab.train("smoke", lr_find=True), "lr_find: must be asked on the command line"),
        (lambda: lab.train("smoke", nonsense=1), "nonsense: must be a known key"),
        (lambda: lab.train("smoke", "epochs=1", "epochs=2"), "epochs: must be given once"),
        (lambda: lab.sweep("smoke", QUIET, lr=[1e-3, -1]), "optimizer.lr: must be greater than 0, but got -1"),
        (lambda: lab.search("smoke", QUIET, sampler="best"), "hydra.sweeper.sampler: must be one of"),
        (lambda: lab.train(data=churn(), target="Chur"), "data.target: must be one of age, usage, .*, but got 'Chur'"),
        (lambda: lab.train(data="table", target="y", data__path="no.csv"), "no.csv: must be there, but got: No such file"),
        (lambda: lab.train(data=3), "data: must be a frame, a pair"),
        (lambda: lab.train(data=pd.DataFrame({"a": [1, "x"], "y": [0, 1]}), target="y"), "data: must have columns of one"),
        (lambda: lab.load("nothing"), "run: must be the folder name or the MLflow id of a run"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_value_error_of_one_line(here, capsys, call, message):
    before = set(here.rglob("config.yaml"))
    with pytest.raises(ValueError, match=f"^{message}") as told:
        call()
    assert "\n" not in str(told.value)
    assert capsys.readouterr().err == ""
    assert set(here.rglob("config.yaml")) == before


def test_the_callers_logging_and_streams_are_as_they_were(here, run):
    root, factory, streams = logging.getLogger(), logging.getLogRecordFactory(), (sys.stdout, sys.stderr)
    handlers, level = list(root.handlers), root.level
    lab.sweep({**SMALL, "epochs": 1}, "+experiment=smoke", seed=[7, 8])
    assert (list(root.handlers), root.level, logging.getLogRecordFactory()) == (handlers, level, factory)
    assert (sys.stdout, sys.stderr) == streams
