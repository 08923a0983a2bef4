"""What has been trained, asked for: the table of runs, conditions on it, and what is different between two runs."""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from src import lab
from src.diff import diff
from src.runs.__main__ import tell
from src.runs.diff import Diff, Side
from src.runs.query import asked, best_first, overview
from src.runs.table import runs_table
from tests import doors

QUIET = {"tracking.enabled": False, "engine": "native", "epochs": 2, "widths": [4], "test": True}


def asks(**given):
    """What `python -m src.runs` is asked."""
    nothing = dict.fromkeys(("sort", "columns", "parquet", "json", "csv"))
    return argparse.Namespace(**{**nothing, "where": [], "limit": 40, **given})


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
    settings = json.loads((sweep / "0" / "identity.json").read_text())
    settings["settings"]["threshold"] = "youden"
    (sweep / "0" / "identity.json").write_text(json.dumps(settings))
    table = runs_table(root)
    assert table["threshold"].dtype == table["value"].dtype == float
    killed = list(asked(table, ["threshold=null", "status=KILLED"], sort="-threshold")["run"])
    assert killed == [f"{sweep.name}/0"]
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
        (["lr=1e-1", "experiment=moons"], 2),
        (["lr=.1"], 2),
        (["experiment=12"], 1),
        (["widths=[4]"], 5),
        (["widths=[ 4 ]", "seed=1"], 2),
        (["calibrate=null", "experiment=moons"], 4),
        (["experiment=[moons"], 0),
        (["val_auroc=nonsense"], 0),
    ],
)
def test_conditions_choose_rows(here, where, count):
    if count is None:
        with pytest.raises(ValueError, match="where: must name a column"):
            asked(runs_table(), where)
    else:
        assert len(asked(runs_table(), where)) == count


def test_names_and_values_are_no_markup(here, tmp_path, monkeypatch, capsys):
    (run,) = Path("mlruns/runs").iterdir()
    for name, separator in (("a[b]c", "[a-z]+"), ("[d]", "[/_]")):
        folder = shutil.copytree(run, tmp_path / "mlruns" / "runs" / name)
        identity = json.loads((folder / "identity.json").read_text())
        identity["settings"]["data.separator"] = separator
        (folder / "identity.json").write_text(json.dumps(identity))
    monkeypatch.chdir(tmp_path)
    tell(asks(columns="run,data.separator"))
    diff("a[b]c", "[d]", as_json=False)
    listed, _, compared = capsys.readouterr().out.partition("first: ")
    assert all(text in told for told in (listed, compared) for text in ("a[b]c", "[a-z]+", "[d]", "[/_]"))


def test_a_value_is_found_as_a_person_types_it():
    table = pd.DataFrame(
        {"run": ["1", "a: b", "x"], "seed": pd.array([1, None, 2], "Int64"), "flag": [True, False, None]}
    )
    table["betas"], table["threshold"] = ["[0.9, 0.001]", "[]", None], [0.5, "youden", None]
    found = lambda condition: list(asked(table, [condition])["run"])  # noqa: E731
    assert [found(f"run={typed}") for typed in ("1", "a: b", "'x'", "1.0")] == [["1"], ["a: b"], ["x"], []]
    assert [found(f"seed={typed}") for typed in ("1", "2.0", "one", "null")] == [["1"], ["x"], [], ["a: b"]]
    assert [found(f"flag={typed}") for typed in ("true", "False", "1")] == [["1"], ["a: b"], []]
    assert [found(f"betas={typed}") for typed in ("[.9,1e-3]", "[9e-1, 1e-3]", "[0.9,")] == [[], ["1"], []]
    assert [found(f"threshold={typed}") for typed in ("5e-1", "youden")] == [["1"], ["a: b"]]


def test_a_column_of_numbers_and_texts_is_of_texts_in_parquet(here, tmp_path, monkeypatch):
    shutil.copytree("mlruns", tmp_path / "mlruns")
    monkeypatch.chdir(tmp_path)
    for place, path in enumerate(Path("mlruns").rglob("identity.json")):
        identity = json.loads(path.read_text())
        if "settings" in identity:
            identity["settings"]["pos_weight"] = ["balanced", 2.0, None][place % 3]
            path.write_text(json.dumps(identity))
    tell(asks(sort="pos_weight", parquet="runs.parquet"))
    assert set(pd.read_parquet("runs.parquet")["pos_weight"].dropna()) == {"balanced", "2.0"}


def test_a_column_of_numbers_and_texts_has_an_order():
    table = pd.DataFrame({"threshold": ["youden", 0.5, None, 0.25, "cost"]})
    assert list(asked(table, sort="threshold").index) == [3, 1, 4, 0, 2]
    assert list(asked(table, sort="-threshold").index) == [0, 4, 1, 3, 2]


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
    assert row["difference"] == row["second"] - row["first"] == pytest.approx(gaps.mean())
    assert row["left out"] == 1
    told = json.loads(doors.run("-m", "src.diff", sweep, worse.name, "--json", cwd=here).stdout)
    assert told["settings"] == [{"key": "optimizer.lr", "first": "0.1", "second": "0.0001"}]
    shown = doors.run("-m", "src.diff", sweep, worse.name, cwd=here)
    assert "optimizer.lr" in shown.stdout, shown.stderr
    assert doors.run("-m", "src.diff", sweep, cwd=here).stderr.startswith("error: command line: must name two runs")


def test_folds_of_one_seed_are_pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folds = {**QUIET, "epochs": 1, "test": False, "data": "wine"}
    sweeps = [lab.sweep(folds, lr=lr, data__fold=range(count)) for lr, count in ((1e-1, 2), (1e-2, 3))]
    diff = lab.diff(*sweeps)
    assert list(diff.settings["key"]) == ["optimizer.lr"]
    row = diff.figures.set_index("figure").loc["val_auroc"]
    areas = [[run.figures["val_auroc"] for run in sweep.runs[:2]] for sweep in sweeps]
    assert (row["pairs"], row["left out"]) == (2, 1)
    assert [row["first"], row["second"]] == pytest.approx([np.mean(areas[0]), np.mean(areas[1])])
    assert (
        "without 1 seeds and folds" in doors.run("-m", "src.diff", *(one.name for one in sweeps), cwd=tmp_path).stdout
    )


def test_a_curve_that_is_broken_in_one_run_alone_differs(tmp_path):
    for name, last in (("whole", "0.25"), ("broken", "nan"), ("again", "nan")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "history.csv").write_text(f"epoch,val/loss\n1,0.5\n2,{last}\n")
    sides = {name: Side(name, [tmp_path / name]) for name in ("whole", "broken", "again")}
    (row,) = Diff(sides["whole"], sides["broken"]).curves.to_dict("records")
    assert (row["curve"], row["from epoch"], row["largest difference"]) == ("val/loss", 2, 0.0)
    assert Diff(sides["broken"], sides["again"]).curves.empty
