"""`-m`, through the door: what a sweep leaves, that it has the numbers of runs one by one, and how it ends."""

import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from src import runs
from tests import doors
from tests.conftest import Command

KEYS = ["-m", "+experiment=smoke", "trainer.precision=64-true", "trainer.accelerator=cpu"]
GRID = ["optimizer.lr=1e-3,1e-2", "model.dropout=0,0.2", "seed=0,1"]
EPOCHS = 3  # of +experiment=smoke


def sweep_of(folder: Path, more: str = "") -> Path:
    (found,) = [path for path in folder.glob(f"mlruns/sweeps/*{more}") if path.is_dir()]
    return found


def results(sweep: Path) -> dict[int, dict[str, Any]]:
    return {
        int(path.parent.name): runs.read_json(path)
        for path in sorted(sweep.glob("*/results.json"), key=lambda path: int(path.parent.name))
    }


def mlflow_runs(folder: Path, experiment: str = "smoke") -> list[Any]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    return list(client.search_runs([client.get_experiment_by_name(experiment).experiment_id], max_results=1000))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the grid was run in stacks of 3 and then one by one, and what the first said."""
    folder = doors.with_store(tmp_path_factory.mktemp("swept"))
    said = [
        run(folder, *KEYS, *GRID, "tracking.tags.team=lungs", launcher)
        for launcher in ("hydra.launcher.slots=3", "hydra/launcher=basic")
    ]
    for done in said:
        assert done.returncode == 0, done.stdout + done.stderr
    return folder, said[0].stdout


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return doors.run("-m", "src.train", *arguments, cwd=folder)


def stacked(folder: Path) -> Path:
    (found,) = [path for path in folder.glob("mlruns/sweeps/smoke-*") if not path.name.endswith("-basic")]
    return found


@pytest.mark.slow
def test_every_job_leaves_what_a_run_of_its_own_leaves(swept: tuple[Path, str]):
    sweep, one_by_one = stacked(swept[0]), sweep_of(swept[0], "-basic")
    for number in range(8):
        names = {path.name for path in (one_by_one / str(number)).iterdir()}
        mine = {path.name for path in (sweep / str(number)).iterdir()}
        # One log, one list of the environment for all; no state of one optimizer, no log of one MLflow run.
        assert names - mine <= {"checkpoint.ckpt", "environment.txt", "train.log"} | MODEL
        assert {"config.yaml", "history.csv", "results.json", "tags.json", ".hydra"} <= mine
        alone = {path.name: path.read_text() for path in (one_by_one / str(number) / ".hydra").iterdir()}
        for name in ("config.yaml", "overrides.yaml"):
            assert (sweep / str(number) / ".hydra" / name).read_text() == alone[name]
        assert set(yaml.safe_load((sweep / str(number) / ".hydra" / "hydra.yaml").read_text())) == {"hydra"}


MODEL = {"model", "predictions.parquet", "loss_curve.png", "first_layer.png", "confusion.png", "classes.csv"}
MODEL |= {"worst_mistakes.png", "worst_mistakes.csv"}


@pytest.mark.slow
def test_the_numbers_are_those_of_runs_one_by_one(swept: tuple[Path, str]):
    sweep, one_by_one = stacked(swept[0]), sweep_of(swept[0], "-basic")
    mine, its = results(sweep), results(one_by_one)
    assert list(mine) == list(its) == list(range(8))
    for number in mine:
        histories = [pd.read_csv(path / str(number) / "history.csv") for path in (sweep, one_by_one)]
        together, alone = (history.drop(columns="epoch_seconds") for history in histories)
        pd.testing.assert_frame_equal(together, alone, rtol=1e-10)
        for key in ("stop_reason", "best_epoch", "stopped_epoch", "num_params", "seed", "data"):
            assert mine[number][key] == its[number][key]
        assert mine[number]["test"] is None
        assert mine[number]["val"] == pytest.approx(its[number]["val"], rel=1e-9)
    boards = [pd.read_csv(path / "leaderboard.csv") for path in (sweep, one_by_one)]
    pd.testing.assert_frame_equal(*boards, rtol=1e-9)


@pytest.mark.slow
def test_the_best_run_alone_keeps_its_model(swept: tuple[Path, str]):
    sweep = stacked(swept[0])
    values = {number: result["objective"]["value"] for number, result in results(sweep).items()}
    board = pd.read_csv(sweep / "leaderboard.csv")
    of_first_row = [int(number) for number in board["numbers"].iloc[0].split()]
    best = min(of_first_row, key=values.get)
    for number in range(8):
        kept = {path.name for path in (sweep / str(number)).iterdir()} & MODEL
        assert kept == (MODEL if number == best else set())
    kept = {int(path.parent.name) for path in sweep.glob("*/model.pt")}  # to predict with
    assert kept == {*range(8)} - {best}
    assert f"best run: mlruns/sweeps/{sweep.name}/{best}" in swept[1]


@pytest.mark.slow
def test_mlflow_has_a_parent_with_the_leaderboard_and_a_child_for_each_job(swept: tuple[Path, str]):
    folder, sweep = swept[0], stacked(swept[0])
    of_sweep = {run.data.tags["sweep"]: run for run in mlflow_runs(folder) if "sweep" in run.data.tags}
    assert set(of_sweep) == {sweep.name, sweep_of(folder, "-basic").name}
    for name, parent in of_sweep.items():
        children = [run for run in mlflow_runs(folder) if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert len(children) == 8
        assert {run.info.status for run in [parent, *children]} == {"FINISHED"}
        assert all(run.data.tags["team"] == "lungs" for run in children)
        assert {run.data.tags["folder"] for run in children} == {f"{name}/{number}" for number in range(8)}
        assert artifacts(folder, parent) >= {"leaderboard.csv", "objective.png", "multirun.yaml"}
        for child in children:
            number = child.data.tags["folder"].rpartition("/")[2]
            history = pd.read_csv(folder / "mlruns" / "sweeps" / name / number / "history.csv")
            assert curve(folder, child, "val/loss") == pytest.approx(
                dict(zip(history["epoch"], history["val/loss"], strict=True))
            )
            assert child.data.params["optimizer.lr"] in ("0.001", "0.01")
            assert child.data.tags["stop_reason"] == "epochs"
            assert child.data.metrics["best/val/loss"] == pytest.approx(history["val/loss"].min())
            assert artifacts(folder, child) >= {"config.yaml", "history.csv", "results.json"}
    assert of_sweep[sweep.name].data.metrics["sweep/runs"] == 8
    assert of_sweep[sweep.name].data.tags["team"] == "lungs"


def artifacts(folder: Path, run: Any) -> set[str]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    return {found.path for found in client.list_artifacts(run.info.run_id)}


def curve(folder: Path, run: Any, name: str) -> dict[int, float]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    points = client.get_metric_history(run.info.run_id, name)
    assert len({point.step for point in points}) == len(points)
    return {point.step: point.value for point in points}


@pytest.mark.slow
def test_the_same_command_again_trains_nothing(swept: tuple[Path, str]):
    before = {path: path.stat().st_mtime_ns for path in stacked(swept[0]).glob("*/results.json")}
    done = run(swept[0], *KEYS, *GRID, "tracking.tags.team=lungs", "hydra.launcher.slots=3")
    assert done.returncode == 0, done.stderr
    assert "all 8 runs have ended; nothing is left to do" in " ".join(done.stdout.split())
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
def test_a_sweep_in_batches_is_one_sweep(door: Command, project: Path):
    keys = [*KEYS, "seed=0,1,2,3,4", "hydra.sweeper.max_batch_size=2"]
    assert door("train", *keys).returncode == 0
    assert list(results(sweep_of(project))) == [0, 1, 2, 3, 4]
    assert list(pd.read_csv(sweep_of(project) / "leaderboard.csv")["n"]) == [5]
    again = door("train", *keys)
    assert again.returncode == 0
    assert again.stdout.count("nothing is left to do") == 3
    assert len(mlflow_runs(project)) == 6


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        (["optimizer.lr=1e-3,-1"], "optimizer.lr: must be greater than 0"),
        (["epochs=1,2", "hydra.launcher.slots=0"], "hydra.launcher.slots: must be null or a number of at least 1"),
        (["epochs=1,2", "hydra.launcher.resume=maybe"], "hydra.launcher.resume: must be continue or fresh"),
        (["epochs=1,2", "hydra.sweep.subdir=x"], "hydra.sweep.subdir: must be left out"),
        (["epochs=1,2", "hydra.sweep.subdir=${hydra.job.override_dirname}"], "hydra.sweep.subdir: must be left out"),
        (["epochs=1,2", "hydra.sweep.subdir=x", "hydra/launcher=basic"], "hydra.sweep.subdir: must be left out"),
        (["epochs=1,2", "trainer.num_nodes=2", "trainer.strategy=ddp"], "trainer.num_nodes: must be 1 in a multirun"),
        (["objective=val/loss,val/auroc"], "objective: must be the same for all jobs of a sweep"),
        (["tracking.enabled=true,false"], "tracking.enabled: must be the same for all jobs of a sweep"),
    ],
)
def test_a_mistake_in_any_job_ends_the_sweep_before_it_begins(
    door: Command, tmp_path: Path, keys: list[str], rule: str
):
    done = door("train", *KEYS, *keys)
    assert done.returncode == 1, done.stdout
    assert rule in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("mlruns/sweeps/*/*/"))


@pytest.mark.slow
def test_jobs_that_fail_or_diverge_are_told_and_the_others_go_on(door: Command, project: Path):
    # 15 steps in 3 epochs: a warm-up of 20 steps is found out only when the data are there.
    keys = ["batch_size=256", "schedule.warmup_steps=0,20", "optimizer=sgd", "optimizer.lr=0.1,1e200", "seed=0,1"]
    done = door("train", *KEYS, *keys)
    assert done.returncode == 1
    assert "error: job 4: ValueError: schedule.warmup_steps: must be less than the run's 15 steps" in done.stderr
    assert "Traceback" not in done.stderr
    ended = results(sweep_of(project))
    assert [result["stop_reason"] for result in ended.values()] == [
        "epochs",
        "epochs",
        "diverged",
        "diverged",
        *["failed"] * 4,
    ]
    board = pd.read_csv(sweep_of(project) / "leaderboard.csv")
    assert list(board["n"]) == [2, 0, 0, 0]
    assert list(board["broken"]) == [0, 2, 2, 2]
    statuses = sorted(run.info.status for run in mlflow_runs(project))
    assert statuses == ["FAILED"] * 5 + ["FINISHED"] * 4


CALLBACK = """
from hydra.experimental.callback import Callback


class Heard(Callback):
    def on_job_start(self, config, **kwargs):
        self.say("start", config)

    def on_job_end(self, config, job_return, **kwargs):
        self.say(f"end {job_return.status.name}", config)

    def say(self, what, config):
        with open("heard", "a") as file:
            print(config.hydra.job.num, config.optimizer.lr, what, file=file)
"""


@pytest.mark.parametrize("more", [["engine=single"], ["hydra/launcher=basic"], [], ["search"]], ids=str)
def test_callbacks_of_hydra_hear_of_every_job_whoever_trains_it(door: Command, tmp_path: Path, more: list[str]):
    (tmp_path / "mine.py").write_text(CALLBACK)
    if more == ["search"]:
        more = [
            "hydra/sweeper=optuna",
            "hydra.sweeper.sampler=grid",
            "hydra.sweeper.n_trials=2",
            "hydra.sweeper.retrain=0",
        ]
    callback = "+hydra.callbacks.mine={_target_: mine.Heard}"
    done = door("train", *KEYS, "epochs=1", "tracking.enabled=false", "optimizer.lr=0.01,0.02", callback, *more)
    assert done.returncode == 0, done.stderr
    heard = sorted((tmp_path / "heard").read_text().splitlines())
    rates = {line.split()[0]: line.split()[1] for line in heard}
    assert sorted(rates.values()) == ["0.01", "0.02"]
    expected = [f"{number} {rate} {what}" for number, rate in rates.items() for what in ("start", "end COMPLETED")]
    assert heard == sorted(expected)
