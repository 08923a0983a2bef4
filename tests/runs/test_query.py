"""What has been trained, asked for: the table of runs, conditions on it, and what is different between two runs."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from src import lab
from src.runs.query import asked, best_first, overview
from src.runs.table import runs_table
from tests import doors

QUIET = {"tracking.enabled": False, "engine": "native", "epochs": 2, "widths": [4], "test": True}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A project with a sweep of two rates by two seeds, and a run of another experiment."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("asked")
    patch.chdir(folder)
    lab.sweep(QUIET, {"tracking.experiment": "moons"}, data="moons", lr=[1e-3, 1e-1], seed=range(2))
    lab.train("smoke", {**QUIET, "tracking.experiment": "12"}, seed=3)
    yield folder
    patch.undo()


def test_every_run_is_a_row_with_its_figures_and_settings(here):
    table = runs_table()
    assert len(table) == 5
    sweep = table[table["experiment"] == "moons"]
    assert list(sweep["run"]) == [f"{sweep['sweep'].iloc[0]}/{number}" for number in range(4)]
    for row in table.to_dict("records"):
        run = lab.load(row["run"])
        assert row["value"] == run.results.value
        assert {name: row[name] for name in run.figures} == run.figures
        assert row["optimizer.lr"] == run.config["optimizer"]["lr"]
        assert json.loads(row["model.widths"]) == run.config["model"]["widths"]
        assert row["experiment"] == run.config["tracking"]["experiment"]
    assert set(table["status"]) == {"FINISHED"}
    assert table["best_epoch"].dtype == "Int64"


def test_what_has_not_ended_is_killed_or_running_and_what_is_damaged_is_no_row(here, tmp_path):
    root = shutil.copytree("mlruns", tmp_path / "mlruns")
    (sweep,) = (root / "sweeps").iterdir()
    (sweep / "0" / "results.json").unlink()
    (sweep / "1" / "identity.json").write_text("{")
    (sweep / "2" / "results.json").write_text("[]")
    table = runs_table(root).set_index("run")
    assert list(table.index)[1:] == [f"{sweep.name}/{number}" for number in (0, 3)]
    assert table["status"][f"{sweep.name}/0"] == "KILLED"
    assert table["value"].isna().sum() == 1
    assert runs_table(tmp_path / "nothing").empty


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (["experiment == 'moons'"], 4),
        (["experiment=moons", "lr=0.1"], 2),
        (["experiment == 'moons' and optimizer.lr > 1e-2 and seed in [0, 1]"], 2),
        (["12=12"], None),
        (["experiment='12'"], 1),
        (["value == value"], 5),
        (["widths == '[4]'", "not (test_accuracy < 0)"], 5),
        (["sweep=null"], 1),
    ],
)
def test_conditions_choose_rows(here, where, count):
    if count is None:
        with pytest.raises(ValueError, match="where: must name a column"):
            asked(runs_table(), where)
    else:
        assert len(asked(runs_table(), where)) == count


def test_rows_come_in_the_order_that_is_asked_for(here):
    best = best_first(lab.runs("experiment=moons"))
    assert best["value"].is_monotonic_increasing
    worst = lab.runs("experiment=moons", sort="-val/auroc".replace("/", "_"), columns=["run", "lr", "val_auroc"])
    assert list(worst.columns) == ["run", "optimizer.lr", "val_auroc"]
    assert worst["val_auroc"].is_monotonic_decreasing
    assert list(overview(best))[:4] == ["run", "value", "test_auroc", "seed"]
    assert "optimizer.lr" in overview(best)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("lrr > 1", r"where: must name a column \(--json tells all\), say optimizer.lr.*, but got 'lrr'"),
        ("name=sgd", r"where: must name a column .*optimizer.name, schedule.name, but got 'name'"),
        ("lr >", r"where: must be a condition on columns, .*but got 'lr >'"),
        ("lr + 1", r"where: must be a condition on columns"),
        ("experiment > 3", r"where: must be a condition on columns"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(here, where, message):
    with pytest.raises(ValueError, match=f"^{message}") as told:
        lab.runs(where)
    assert "\n" not in str(told.value)


def test_the_door_writes_the_same_rows_in_each_form(here):
    run = lambda *argv: doors.run("-m", "src.runs", "experiment=moons", *argv, cwd=here)  # noqa: E731
    table = best_first(lab.runs("experiment=moons"))
    told = json.loads(run("--json").stdout)
    assert [row["run"] for row in told] == list(table["run"])
    assert [row["val_auroc"] for row in told] == pytest.approx(list(table["val_auroc"]), rel=1e-14)
    csv = pd.read_csv(pd.io.common.StringIO(run("--csv", "--columns", "run,value").stdout))
    assert list(csv["value"]) == list(table["value"])
    assert run("--parquet", "runs.parquet").returncode == 0
    assert len(pd.read_parquet(here / "runs.parquet")) == 4
    shown = run("--limit", "2").stdout
    assert "4 of 5 runs" in shown
    assert shown.count("default-") == 2
    refused = run("lrr > 1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error: where: ")


def test_settings_that_differ_are_told_and_figures_by_their_rows(here):
    sweep = lab.runs("lr=0.1")["sweep"].iloc[0]
    diff = lab.diff(f"{sweep}/0", f"{sweep}/2")
    assert diff.settings.to_dict("records") == [{"key": "optimizer.lr", "first": "0.001", "second": "0.1"}]
    assert diff.facts.empty
    first, second = (lab.load(f"{sweep}/{number}") for number in (0, 2))
    area = diff.figures.set_index("figure").loc["test_auroc"]
    assert area["difference"] == pytest.approx(second.figures["test_auroc"] - first.figures["test_auroc"])
    (delong, mcnemar) = diff.same_rows.to_dict("records")
    rows = [one.predictions.query("split == 'test'") for one in (first, second)]
    areas = [roc_auc_score(one["label"], one["logit"]) for one in rows]
    assert delong["difference"] == pytest.approx(areas[1] - areas[0])
    assert 0 <= mcnemar["p"] <= 1
    assert set(diff.curves["curve"]) >= {"train/loss", "val/loss", "lr"}
    assert lab.diff(first, first).curves.empty


def test_configurations_are_compared_over_the_seeds_that_both_have(here):
    sweep = lab.runs("lr=0.1")["sweep"].iloc[0]
    worse = lab.sweep(QUIET, {"tracking.experiment": "moons"}, data="moons", lr=1e-4, seed=range(3))
    diff = lab.diff(lab.load(sweep), worse)
    row = diff.figures.set_index("figure").loc["val_auroc"]
    better = {
        run.results.seed: run.figures["val_auroc"]
        for run in lab.load(sweep).runs
        if run.config["optimizer"]["lr"] == 0.1
    }
    gaps = np.array([run.figures["val_auroc"] - better[run.results.seed] for run in worse.runs[:2]])
    assert row["pairs"] == 2
    assert row["p"] == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue)
    assert row["low"] < gaps.mean() < row["high"]
    told = json.loads(doors.run("-m", "src.diff", sweep, worse.name, "--json", cwd=here).stdout)
    assert told["settings"] == [{"key": "optimizer.lr", "first": "0.1", "second": "0.0001"}]
    shown = doors.run("-m", "src.diff", sweep, worse.name, cwd=here)
    assert "optimizer.lr" in shown.stdout, shown.stderr
    assert doors.run("-m", "src.diff", sweep, cwd=here).stderr.startswith("error: command line: must name two runs")
