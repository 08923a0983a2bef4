"""What is read from MLflow, against the files that the runs left, and mistakes in one line."""

import shlex
import sys
from html import escape
from pathlib import Path

import pandas as pd
import pytest

from src import runs
from src.config.composition import compose_run
from src.config.errors import report_errors
from src.config.leaves import leaves
from src.report.__main__ import main, parse
from src.report.command import commands
from src.report.page_data import PageData, read_page_data
from src.report.predictions import predictions_of
from src.report.sections import whole_page
from src.tracking.reading import Reader
from tests.report.conftest import COMMANDS, Store
from tests.tracking.server import Server


@pytest.fixture(scope="module")
def material(store: Store) -> PageData:
    return read_page_data("sweep", store.sweep.name, Reader(store.uri))


def test_the_leaderboard_is_that_of_the_sweep(store: Store, material: PageData):
    left = pd.read_csv(store.sweep / "leaderboard.csv")
    assert material.board is not None
    columns = ["rank", "mean", "sd", "n", "low", "high", "difference", "p", "broken"]
    pd.testing.assert_frame_equal(material.board[columns], left[columns], check_dtype=False)
    assert list(material.board["optimizer.lr"].astype(float)) == list(left["optimizer.lr"])


def test_folds_are_no_repeats_of_one_another(store: Store):
    found = read_page_data("experiment", "folds", Reader(store.uri))
    (path,) = (store.folder / "mlruns" / "sweeps").glob("default*/leaderboard.csv")
    table = pd.read_csv(path)
    assert found.board is not None
    assert found.board["n"].tolist() == table["n"].tolist() == [3]
    assert found.board["mean"].tolist() == pytest.approx(table["mean"].tolist())
    assert not any("not counted twice" in note for note in found.notes)


def test_curves_are_those_of_the_folders(store: Store, material: PageData):
    ids = [run.id for run in material.runs]
    curves = material.reader.curves(ids, "val/loss")
    for run in material.runs:
        history = pd.DataFrame(runs.read_history(store.sweep / run.label.rpartition("/")[2]))
        mine = curves[curves["run"] == run.id]
        assert list(mine["epoch"]) == list(history["epoch"])
        finite = history["val/loss"].where(history["val/loss"].abs() < 1e300)
        assert mine["value"].to_numpy() == pytest.approx(finite.to_numpy(), nan_ok=True)


def test_the_best_run_has_its_predictions_and_their_figures(store: Store, material: PageData):
    found = predictions_of(material)
    assert found is not None
    assert material.best is not None
    results = runs.read_json(store.sweep / material.best.label.rpartition("/")[2] / runs.RESULTS)
    assert found.split == "val"
    assert found.figures["value"].to_dict() == pytest.approx(results["val"], rel=1e-5)
    bounded = found.figures.dropna()
    assert "accuracy" in bounded.index
    assert "calibration_error" not in bounded.index
    assert (bounded["low"] <= bounded["value"]).all()


def test_the_command_trains_the_same_and_that_of_the_sweep_is_as_typed(material: PageData):
    (_, command, remark), (_, typed, _) = commands(material)
    assert remark == ""
    again = dict(leaves(compose_run(*shlex.split(command)[3:]).model_dump(mode="json")))
    assert material.best is not None
    decisive = {key: value for key, value in again.items() if not key.startswith(("tracking", "test", "resume"))}
    assert {key: str(value) for key, value in decisive.items()} == {key: material.best.params[key] for key in decisive}
    assert shlex.split(typed)[3:] == COMMANDS["sweep"]


def test_the_command_of_a_table_brings_back_its_columns(store: Store):
    of_table = read_page_data("experiment", "table", Reader(store.uri))
    ((_, command, remark),) = commands(of_table)
    assert remark == ""
    assert "+data.columns.age=numeric" in shlex.split(command)


def test_a_run_is_found_by_its_name_and_by_its_id(store: Store, material: PageData):
    reader = Reader(store.uri)
    for run in material.runs[:2]:
        assert reader.run(run.label).id == reader.run(run.id).id == run.id


def test_a_claim_is_told_with_its_claim_its_findings_and_its_figure(store: Store):
    report = runs.read_json(store.folder / "mlruns" / "claims" / "loss_landscape-quick" / runs.RESULTS)
    for subject in ("claim", "experiment"):
        told_ = read_page_data(subject, "loss_landscape", Reader(store.uri))
        assert told_.claim is not None
        assert told_.claim.tags["verdict"] == report["verdict"]
        assert len(told_.runs) == 3
        page = whole_page(told_)
        for finding in report["findings"]:
            assert escape(finding["prediction"]) in page
        assert "Figure loss_landscape" in page
        assert ">of a claim<" in page
        assert "python -m experiments.loss_landscape" in page


def test_a_claim_that_trains_nothing_has_a_page(store: Store):
    page = whole_page(read_page_data("claim", "backpropagation", Reader(store.uri)))
    assert "chain rule" in page
    assert "Figure backpropagation" in page


@pytest.mark.slow
def test_a_server_tells_what_the_store_tells(store: Store, material: PageData, tmp_path: Path):
    (tmp_path / "server.db").symlink_to(store.folder / "mlruns" / "mlflow.db")
    server = Server(tmp_path)
    server.start()
    try:
        served = read_page_data("sweep", store.sweep.name, Reader(server.uri))
        assert served.board is not None
        assert material.board is not None
        pd.testing.assert_frame_equal(served.board, material.board)
        ids = [run.id for run in served.runs]
        pd.testing.assert_frame_equal(served.reader.curves(ids, "val/loss"), material.reader.curves(ids, "val/loss"))
        assert served.files == material.files
        assert "Leaderboard" in whole_page(served)
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "command line: must name experiment=..., sweep=..., claim=... or run=..., but got nothing."),
        (
            ["run=a", "sweep=b"],
            "command line: must name experiment=..., sweep=..., claim=... or run=..., but got run=a sweep=b.",
        ),
        (["experiment"], "but got 'experiment'."),
        (["name=x"], "but got 'name=x'."),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], line: str):
    with pytest.raises(ValueError, match=line.replace(".", r"\.")):
        parse(arguments)


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("experiment=nowhere", "error: experiment: must be one of Default, "),
        ("sweep=o'no", "error: sweep: must be a sweep or search that MLflow has (default-"),
        ("run=0", "error: run: must be the folder name or the MLflow id of a run that MLflow has (the newest: "),
        ("experiment=Default", "error: experiment: must hold at least one run, but got none in 'Default'."),
    ],
)
def test_what_mlflow_does_not_have_is_one_line(
    store: Store, argument: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["report", argument, f"uri={store.uri}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    (told_line,) = capsys.readouterr().err.splitlines()
    assert told_line.startswith(line)


@pytest.mark.parametrize("uri", ["http://user:secret@127.0.0.1:9", "sqlite:////nowhere/mlflow.db"])
def test_a_store_that_is_not_there_is_one_line_without_its_password(uri: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit), report_errors():
        Reader(uri)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: uri: ")
    assert "secret" not in line
    assert not Path("/nowhere").exists()
