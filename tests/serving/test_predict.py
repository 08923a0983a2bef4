"""`python -m src.predict` as a user meets it: one small model of a German table, asked of files in other forms."""

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.metrics import roc_auc_score

from src.prediction.predictor import Predictor
from src.runs import read_json
from src.runs.evaluation import read_predictions
from src.serving.predict import evaluation, predict_rows, tell_faults
from tests import doors
from tests.data.tables.made import csv, customers

KEYS = ("data=table", "data.path=train.csv", "data.target=bought", "data.rare=1", "tracking.enabled=false")
SMALL = ("epochs=2", "model.widths=[4]", "trainer.accelerator=cpu")
Ask = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, and a sweep of three seeds."""
    folder = tmp_path_factory.mktemp("predict")
    frame = customers(150).assign(customer_id=range(150))
    csv(folder, frame, "train.csv", sep=";", decimal=",")
    done = doors.run("-m", "src.train", *KEYS, *SMALL, "tracking.save_model=true", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    done = doors.run("-m", "src.train", "-m", *KEYS, *SMALL, "seed=0,1,2", "tracking.save_model=true", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def ask(home: Path) -> Ask:
    (run,) = (home / "mlruns" / "runs").iterdir()

    def predict(*arguments: str, run: str = run.name) -> "subprocess.CompletedProcess[str]":
        return doors.run("-m", "src.predict", f"run={run}", *arguments, cwd=home)

    return predict


def told(done: "subprocess.CompletedProcess[str]") -> pd.DataFrame:
    assert done.returncode == 0, done.stderr
    return pd.read_csv(io.StringIO(done.stdout))


def new_rows() -> pd.DataFrame:
    return customers(20, seed=7).drop(columns="bought")


def test_columns_may_come_in_another_order_and_new_ones_are_named(home: Path, ask: Ask):
    rows = new_rows()
    expected = ask(f"input={csv(home, rows, 'rows.csv', sep=';', decimal=',')}")
    assert expected.stderr == ""
    turned = rows[rows.columns[::-1]].assign(customer_id=range(20), hobby="chess", shoes=43)
    done = ask(f"input={csv(home, turned, 'turned.csv', sep=';', decimal=',')}")
    pd.testing.assert_frame_equal(told(done), told(expected))
    assert done.stderr == "warning: columns that training did not have change nothing: hobby, shoes\n"
    assert told(expected)["row"].tolist() == [*range(1, 21)]
    assert set(told(expected)["label"]) <= {"ja", "nein"}


def test_the_same_rows_from_another_kind_of_file_are_predicted_the_same(home: Path, ask: Ask):
    rows = new_rows()
    rows.assign(since=pd.to_datetime(rows["since"])).to_parquet(home / "rows.parquet")
    expected = told(ask(f"input={csv(home, rows, 'rows.csv', sep=';', decimal=',')}"))
    done = ask("input=rows.parquet", "output=out/answer.parquet")
    assert done.stdout == "out/answer.parquet\n"
    answer = pd.read_parquet(home / "out/answer.parquet").astype({"row": int})
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-9)


def test_the_model_that_mlflow_loads_answers_the_same(home: Path, ask: Ask):
    rows = new_rows()
    (run,) = (home / "mlruns" / "runs").iterdir()
    answer = mlflow.pyfunc.load_model(str(run / "model")).predict(rows[rows.columns[::-1]])
    expected = told(ask(f"input={csv(home, rows, 'rows.csv', sep=';', decimal=',')}")).drop(columns="row")
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-9)


def test_a_row_that_cannot_be_read_is_named_and_does_not_stop_the_others(home: Path, ask: Ask):
    rows = new_rows().astype({"age": object, "since": object, "member": object})
    expected = told(ask(f"input={csv(home, rows, 'rows.csv', sep=';', decimal=',')}"))
    rows.loc[2, "age"], rows.loc[2, "since"], rows.loc[11, "member"] = "old", "soon", "perhaps"
    done = ask(f"input={csv(home, rows, 'hurt.csv', sep=';', decimal=',')}")
    answer = told(done)
    others = [row for row in range(20) if row not in (2, 11)]
    pd.testing.assert_frame_equal(answer.loc[others, list(expected)], expected.loc[others])
    first = "column 'age' must be a number, but got 'old'; column 'since' must be a date, but got 'soon'"
    assert answer.loc[2, "error"] == first
    assert answer.loc[[2, 11], "probability"].isna().all()
    assert done.stderr.splitlines() == [
        f"warning: row 3: {first}",
        "warning: row 12: column 'member' must be one of no, yes, but got 'perhaps'",
    ]


REFUSED = {
    "input: must have the columns age, city, but got only income": lambda rows: rows.drop(columns=["age", "city"]),
    "must have a row that can be read, but got: row 1: column 'age' must be a number": lambda rows: rows.assign(
        age="old"
    ),
}


@pytest.mark.parametrize("line", REFUSED)
def test_columns_that_are_missing_or_of_another_kind_are_named(home: Path, ask: Ask, line: str):
    done = ask(f"input={csv(home, REFUSED[line](new_rows()), 'wrong.csv', sep=';', decimal=',')}")
    assert done.returncode == 1
    assert re.fullmatch(rf"error: .*{line}.*\n", done.stderr), done.stderr


def test_with_labels_it_also_says_how_good_they_are(home: Path, ask: Ask):
    labelled = customers(60, seed=9)
    done = ask(f"input={csv(home, labelled, 'labelled.csv', sep=';', decimal=',')}", "output=answer.csv")
    assert done.returncode == 0, done.stderr
    answer = pd.read_csv(home / "answer.csv")
    accuracy = np.mean((answer["probability"] >= 0.5) == (labelled["bought"] == "ja"))
    assert re.search(rf" accuracy +│ {accuracy:.4f} ", done.stdout), done.stdout
    assert "60 labelled rows" in done.stdout


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([""] * 20, ""),
        (["JA", "nein"] * 10, ""),
        (["perhaps", "ja", "", "nein"] * 5, "warning: 5 labelled rows are left out of the figures: row 1: "),
        (["perhaps"] * 20, "warning: 20 labelled rows are left out of the figures: row 1: "),
    ],
)
def test_labels_that_are_missing_or_wrong_do_not_stop_predictions(home: Path, ask: Ask, labels: list[str], told: str):
    path = csv(home, new_rows().assign(bought=labels), "odd.csv", sep=";", decimal=",")
    done = ask(f"input={path}", "output=answer.csv")
    assert (done.returncode, done.stderr.startswith(told), bool(done.stderr)) == (0, True, bool(told)), done.stderr
    assert len(pd.read_csv(home / "answer.csv")) == 20
    known = sum(label.lower() in ("ja", "nein") for label in labels)
    assert done.stdout.startswith("answer.csv\nodd.csv, " if known else "answer.csv\n")
    assert f"{known} labelled rows" in done.stdout or not known


def test_of_a_regression_each_label_that_training_reads_is_counted(trained: Callable[[str], Path]):
    model = Predictor.of_run(trained("regression"))
    frame = pd.read_csv(trained("regression").parents[2] / "customers.csv")
    frame["income"] = [f"{value:,.2f}" for value in frame["income"]]  # 21,234.50
    frame.loc[[3, 5], "income"] = ["soon", ""]
    predicted = predict_rows([model], model.intake.take(frame), "rows")
    assert str(evaluation(predicted, model, "rows").title) == "rows, 238 labelled rows"
    tell_faults(predicted, model, aside := Console(file=io.StringIO(), width=200))
    told = "1 labelled rows are left out of the figures: row 4: its label must be a number, but got 'soon'"
    assert aside.file.getvalue() == f"warning: {told}\n"


def test_the_best_of_a_sweep_are_averaged_with_their_spread(home: Path, ask: Ask):
    (sweep,) = (home / "mlruns" / "sweeps").iterdir()
    path = csv(home, new_rows(), "rows.csv", sep=";", decimal=",")
    single = [told(ask(f"input={path}", run=f"{sweep.name}/{number}"))["probability"] for number in range(3)]
    answer = told(ask(f"input={path}", "top=3", run=sweep.name))
    np.testing.assert_allclose(answer["probability"], np.mean(single, 0), rtol=1e-9)
    np.testing.assert_allclose(answer["probability_sd"], np.std(single, 0, ddof=1), rtol=1e-9)
    assert "top: must be at most 3" in ask(f"input={path}", "top=4", run=sweep.name).stderr


def test_several_runs_are_averaged_with_their_spread(home: Path, ask: Ask):
    (run,) = (home / "mlruns" / "runs").iterdir()
    (sweep,) = (home / "mlruns" / "sweeps").iterdir()
    path = csv(home, customers(60, seed=9), "labelled.csv", sep=";", decimal=",")
    names = [run.name, f"mlruns/sweeps/{sweep.name}/1"]
    single = [told(ask(f"input={path}", run=name))["probability"] for name in names]
    done = ask(f"input={path}", run=",".join(names))
    np.testing.assert_allclose(told(done)["probability"], np.mean(single, 0), rtol=1e-9)
    np.testing.assert_allclose(told(done)["probability_sd"], np.std(single, 0, ddof=1), rtol=1e-9)
    assert "60 labelled rows" in done.stderr
    assert "auroc" in done.stderr


def test_several_runs_tell_what_their_mean_is_worth_on_what_they_have_recorded(home: Path, ask: Ask):
    (run,) = (home / "mlruns" / "runs").iterdir()
    (sweep,) = (home / "mlruns" / "sweeps").iterdir()
    of_each = [read_predictions(folder) for folder in (run, sweep / "1", sweep / "2")]
    done = ask(run=f"{run.name},{sweep.name}/1,{sweep.name}/2")
    assert done.returncode == 0, done.stderr
    mean = np.mean([1 / (1 + np.exp(-found["val"].logits.numpy())) for found in of_each], 0)
    auroc = roc_auc_score(of_each[0]["val"].labels, mean)
    assert re.search(rf" val auroc +│ {auroc:.4f} ", done.stdout), done.stdout
    assert "test auroc" not in done.stdout  # a sweep's runs have not read it
    assert "Mean of 3 runs" in done.stdout
    assert ask("top=2", run=sweep.name).stdout.startswith("Mean of 2 runs")


def test_a_run_and_its_copy_are_worth_what_it_is_worth(home: Path, ask: Ask):
    (run,) = (home / "mlruns" / "runs").iterdir()
    copy = shutil.copytree(run, home / "copy")
    found = read_json(run / "results.json")["test"]
    done = ask(run=f"{run.name},{copy.name}")
    shutil.rmtree(copy)
    of_test = f"{found['auroc']:.4f}   95 % [{found['auroc_low']:.3f}, {found['auroc_high']:.3f}]"
    assert re.search(rf" test auroc +│ {re.escape(of_test)}", done.stdout), (of_test, done.stdout)


@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_a_run_whose_predictions_are_damaged_or_gone_is_named(home: Path, ask: Ask, how: str):
    (run,) = (home / "mlruns" / "runs").iterdir()
    (sweep,) = (home / "mlruns" / "sweeps").iterdir()
    path = sweep / "1" / "predictions.parquet"
    content = path.read_bytes()
    try:
        path.write_bytes(b"damaged") if how == "damaged" else path.unlink()
        done = ask(run=f"{run.name},{sweep.name}/1")
    finally:
        path.write_bytes(content)
    assert (done.returncode, done.stdout) == (1, "")
    told = "1/predictions.parquet: must be whole" if how == "damaged" else "run: each must keep its predictions"
    assert re.fullmatch(rf"error: .*{told}.*\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("run", "top", "line"),
    [
        ("{0},{0}", (), "run: must name each run once, but got '{0}' twice."),
        ("{0},{1}", ("top=2",), "top: must be left out for several runs, but got 2."),
        ("{0},", (), "run: must be the folder name or the MLflow id of a run under mlruns/, but got ''."),
        ("{0},none", (), "run: must be the folder name or the MLflow id of a run under mlruns/, but got 'none'."),
    ],
)
def test_of_several_runs_each_must_be_one(home: Path, ask: Ask, run: str, top: tuple[str, ...], line: str):
    (one,) = (home / "mlruns" / "runs").iterdir()
    (sweep,) = (home / "mlruns" / "sweeps").iterdir()
    names = one.name, sweep.name
    done = ask(f"input={csv(home, new_rows(), 'rows.csv', sep=';', decimal=',')}", *top, run=run.format(*names))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {line.format(*names)}\n"


def test_the_rows_are_not_overwritten_by_their_predictions(home: Path, ask: Ask):
    path = Path(csv(home, new_rows(), "kept.csv", sep=";", decimal=","))
    rows = path.read_bytes()
    done = ask(f"input={path}", "output=./kept.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: output: must be another file than input, but got 'kept.csv' for both.\n"
    assert path.read_bytes() == rows


@pytest.mark.parametrize("of", ["{}", "mlruns/runs/{}", "mlruns/runs/{}/model"])
def test_of_a_single_run_there_is_no_top(home: Path, ask: Ask, of: str):
    (run,) = (home / "mlruns" / "runs").iterdir()
    done = ask(f"input={csv(home, new_rows(), 'rows.csv', sep=';', decimal=',')}", "top=2", run=of.format(run.name))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: top: must be left out for a single run, but got 2.\n"


MISTAKES = {
    ("data.target=Bought",): "error: data.target: must be one of income, ",
    ("data.path=none.csv",): "error: none.csv: must be there, but got: No such file or directory.",
    ("data.columns.city=numeric",): "error: data.columns: 'city' must hold numbers to be numeric",
    ("data.target=Bought", "seed=0,1", "-m"): "error: data.target: must be one of income, ",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_nothing_is_left_of_a_run_whose_data_are_refused(home: Path, mistake: tuple[str, ...]):
    before = sorted(home.rglob("*"))
    keys = {text.partition("=")[0]: text for text in (*KEYS, *mistake)}
    done = doors.run("-m", "src.train", *keys.values(), cwd=home)
    assert done.returncode == 1
    assert done.stderr.startswith(MISTAKES[mistake])
    assert done.stderr.count("\n") == 1
    assert sorted(home.rglob("*")) == before
