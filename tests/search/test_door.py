"""A search by its command: what it leaves, several objectives, conditional spaces, configurations of Hydra's own sweeper."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from optuna.trial import TrialState

from src import runs
from tests.conftest import Command
from tests.search.test_resume import study_of, sweep_of
from tests.sweep.test_multirun import mlflow_runs

SMOKE = ["-m", "+experiment=smoke", "data=wine", "epochs=4"]  # few rows: figures with bounds cost more than training
Done = "subprocess.CompletedProcess[str]"


@pytest.mark.slow
def test_a_search_leaves_its_best_its_figures_and_a_command_that_runs_it(door: Command, project: Path):
    search = (*SMOKE, "+search=quick", "hydra.sweeper.n_trials=10", "hydra.sweeper.pruner.min_resource=1")
    done = door("train", *search, "hydra.sweeper.retrain=2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sampler: gp, since a Gaussian process suits 3 numeric parameters and 10 trials" in done.stdout
    sweep, study = sweep_of(project), study_of(project)
    results = yaml.safe_load((sweep / "optimization_results.yaml").read_text())
    assert results == {"name": "optuna", "best_params": study.best_params, "best_value": study.best_value}
    figures = {path.name for path in (sweep / "figures").iterdir()}
    for name in ("history", "importances", "slices", "parallel_coordinates", "pruning_curves"):
        assert {f"{name}.html", f"{name}.png"} <= figures
    board = pd.read_csv(sweep / "leaderboard.csv")
    assert len(board) == 10
    assert board["mean"][0] == pytest.approx(study.best_value)
    assert (sweep / "multirun.yaml").is_file()
    assert board["pruned"].sum() == sum(trial.state == TrialState.PRUNED for trial in study.trials)
    command = re.search(r"run it: python -m src\.train (.*)", done.stdout)
    assert command is not None, done.stdout
    again = door("train", *command[1].split(), "test=false")
    assert again.returncode == 0, again.stderr
    (folder,) = (project / "mlruns" / "runs").iterdir()
    value = runs.read_json(folder / runs.RESULTS)["objective"]["value"]
    assert value == pytest.approx(study.best_value, rel=1e-3)
    assert "test accuracy" in done.stdout
    seeds = sweep.with_name(f"{sweep.name}-best-{study.best_trial.number}")
    assert [runs.read_json(seeds / str(seed) / runs.RESULTS)["test"] is not None for seed in range(2)] == [True, True]
    assert [runs.read_json(seeds / str(number) / runs.RESULTS)["seed"] for number in range(2)] == [1, 2], "fresh ones"
    assert not any(runs.read_json(path)["test"] for path in sweep.glob(f"*/{runs.RESULTS}"))
    (parent,) = [run for run in mlflow_runs(project) if run.data.tags.get("sweep") == sweep.name]
    assert parent.data.tags["study"] == sweep.name
    assert float(parent.data.tags["best/optimizer.lr"]) == study.best_params["optimizer.lr"]
    again = door("train", *search, "hydra.sweeper.retrain=0")
    assert "all 10 trials have ended" in " ".join(again.stdout.split())


@pytest.mark.slow
def test_several_objectives_have_a_front(door: Command, project: Path):
    space = ["model.widths=choice([4],[16],[64])", "optimizer.lr=tag(log, interval(1e-3, 1e-1))"]
    keys = ["hydra/sweeper=optuna", "objective=[val/loss,num_params]", "hydra.sweeper.sampler=nsgaii"]
    done = door("train", *SMOKE, *space, *keys, "hydra.sweeper.n_trials=9", "hydra.sweeper.retrain=0")
    assert done.returncode == 0, done.stdout + done.stderr
    results = yaml.safe_load((sweep_of(project, "smoke-search") / "optimization_results.yaml").read_text())
    front = sorted(solution["values"] for solution in results["solutions"])
    assert [params for _, params in front] == sorted((params for _, params in front), reverse=True)
    assert (sweep_of(project, "smoke-search") / "figures" / "pareto_front.png").is_file()
    assert f"{len(front)} trials that none beats in all" in done.stdout
    refused = door("train", *SMOKE, *space, *keys, "hydra.sweeper.pruner=median", "hydra.sweeper.resume=fresh")
    assert refused.returncode == 1
    assert "error: hydra.sweeper.pruner: must be null for several objectives" in refused.stderr


@pytest.mark.slow
def test_what_is_against_a_constraint_is_not_the_best(door: Command, project: Path):
    space = ["model.widths=choice([4],[256])", "optimizer.lr=1e-2,3e-3", "hydra/sweeper=optuna"]
    keys = ["hydra.sweeper.sampler=grid", "hydra.sweeper.n_trials=4", "hydra.sweeper.retrain=0"]
    done = door("train", *SMOKE, *space, *keys, "hydra.sweeper.constraints={num_params: 1000}")
    assert done.returncode == 0, done.stdout + done.stderr
    board = pd.read_csv(sweep_of(project, "smoke-search") / "leaderboard.csv")
    assert list(board["infeasible"]) == [0, 0, 1, 1]
    assert list(board["model.widths"]) == ["[4]", "[4]", "[256]", "[256]"]
    assert board["mean"][2] < board["mean"][0], "the constraint costs nothing here"
    assert f"best run: mlruns/sweeps/smoke-search/{board['numbers'][0]}," in done.stdout
    (parent,) = [run for run in mlflow_runs(project) if "sweep" in run.data.tags]
    assert sorted(parent.data.tags["infeasible"].split()) == sorted(map(str, board["numbers"][2:]))
    done = door(
        "train", *SMOKE, *space, *keys, "hydra.sweeper.constraints={num_params: 9}", "hydra.sweeper.study_name=none"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no run keeps the constraints." in done.stdout
    assert "best run" not in done.stdout


CONDITIONS = """
from typing import Any


def suggest(cfg: Any, trial: Any) -> None:
    if trial.params["optimizer.name"] == "momentum":
        trial.suggest_float("optimizer.momentum", 0.5, 0.99)
"""


@pytest.mark.slow
def test_a_space_may_have_conditions(door: Command, project: Path):
    (project / "mine.py").write_text(CONDITIONS)
    space = ["optimizer.name=momentum,adam", "hydra/sweeper=optuna", "hydra.sweeper.custom_search_space=mine.suggest"]
    keys = ["hydra.sweeper.n_trials=8", "hydra.sweeper.retrain=0", "tracking.enabled=false"]
    done = door("train", *SMOKE, *space, *keys)
    assert done.returncode == 0, done.stdout + done.stderr
    trials = study_of(project, "smoke-search").trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert {trial.params["optimizer.name"] for trial in trials} == {"momentum", "adam"}
    for trial in trials:
        assert ("optimizer.momentum" in trial.params) == (trial.params["optimizer.name"] == "momentum")


# As the documentation of Hydra's own sweeper for Optuna has it.
THEIRS = """
# @package _global_
defaults:
  - override /hydra/sweeper: optuna
  - override /hydra/sweeper/sampler: tpe

hydra:
  sweeper:
    sampler:
      seed: 123
    direction: minimize
    study_name: sphere
    storage: null
    n_trials: 6
    n_jobs: 1
    max_failure_rate: 0.0
    params:
      optimizer.lr: interval(0.001, 0.1)
      batch_size: choice(32, 64)
"""


@pytest.mark.slow
def test_a_configuration_of_hydras_own_sweeper_runs_unchanged(door: Command, project: Path):
    (project / "conf" / "search").mkdir(parents=True)
    (project / "conf" / "search" / "theirs.yaml").write_text(THEIRS)
    done = door("train", "--config-dir", "conf", *SMOKE, "+search=theirs", "tracking.enabled=false")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "remark: optimizer.lr: a linear interval" in done.stdout
    assert len(study_of(project, "sphere").trials) == 6


def test_the_launcher_says_which_engine_trains_the_trials(door: Command, tmp_path: Path):
    keys = ["seed=0,1", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"]
    done = door("train", *SMOKE, *keys, "engine=single", "tracking.enabled=false")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("mlruns/sweeps/smoke-search/*/checkpoint.ckpt"))) == 2  # a stack leaves none


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        (["hydra.sweeper.n_trials=0"], "hydra.sweeper.n_trials: must be greater than or equal to 1, but got 0"),
        (["hydra.sweeper.sampler=tpee"], "hydra.sweeper.sampler: must be one of auto, tpe, random"),
        (["hydra.sweeper.pruner=mediann"], "hydra.sweeper.pruner: must be one of none, halving"),
        (
            ["hydra.sweeper.direction=maximize"],
            "hydra.sweeper.direction: must be ['minimize'] for ['val/loss'], or null",
        ),
        (["hydra.sweeper.n_trial=3"], "n_trial"),
        (["optimizer.lr=interval(1e-1, 1e-3)"], "optimizer.lr: must be a range that is not empty"),
        (["model=perceptron"], "model.dropout: must be a known key"),
        (["optimizer.lrr=interval(1e-3, 1e-1)"], "optimizer.lrr"),
        (["data=pneumoniamnist", "data.path=no.npz"], "no.npz"),
        (["hydra.sweeper.storage=postgresql://nobody@127.0.0.1:1/none"], "hydra.sweeper.storage: must be the URL"),
        (["hydra.sweeper.custom_search_space=mine.none"], "hydra.sweeper.custom_search_space"),
        (["hydra.sweeper.constraints={num_parameters: 9}"], "hydra.sweeper.constraints: must name one of val/loss"),
        (["hydra.sweeper.pruner={name: patient, wrapped: mean}"], "hydra.sweeper.pruner: must be one of none, halving"),
        (["hydra.sweeper.study_name=../other"], "hydra.sweeper.study_name: "),
        (["seed=1,2", "hydra.sweeper.repeats=2"], "seed: must not be searched where each trial is trained on"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_study(door: Command, tmp_path: Path, keys: list[str], rule: str):
    typed = {key.partition("=")[0] for key in keys}
    shared = [key for key in SMOKE if key.partition("=")[0] not in typed]
    done: Any = door("train", *shared, "+search=quick", *keys)
    assert done.returncode == 1, done.stdout
    assert rule in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert not list(tmp_path.glob(f"mlruns/sweeps/*/*/{runs.CONFIG}"))
    assert not list(tmp_path.glob("mlruns/sweeps/*/study.journal"))  # it would refuse the right command
