"""Hydra's own plugins, and its next release, beside ours: installed from the package index, or skipped where there is none."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.doors import REPOSITORY, environment

pytestmark = pytest.mark.slow

SMALL = ("data=moons", "epochs=2", "model.widths=[4]", "tracking.enabled=false")
PLUGINS = ("hydra-joblib-launcher==1.2.0", "hydra-submitit-launcher==1.2.0", "submitit", "hydra-optuna-sweeper==1.3.0")
NEXT = ("--pre", "hydra-core>=1.4.0rc1", "omegaconf>=2.4.0rc1")
THEIRS = "hydra.sweeper._target_=hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"

Train = Callable[..., "subprocess.CompletedProcess[str]"]


@cache
def installed(*wanted: str) -> str:
    """A folder with these packages, and nothing that they need; the test is skipped where they cannot be had."""
    folder = mkdtemp(prefix="packages-")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    done = subprocess.run([*pip, *wanted], capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"{wanted} cannot be installed: {done.stderr.strip()[-200:]}")
    return folder


def train_with(folder: str, project: Path) -> Train:
    """`python -m src.train` where the packages in `folder` go before those that are installed."""
    own = {"PYTHONPATH": os.pathsep.join((folder, str(REPOSITORY)))}

    def train(*argv: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "src.train", *SMALL, *argv]
        env = environment() | own
        return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=300)

    return train


def leaderboard(project: Path, sweep: str) -> str:
    """As it lies in the sweep's folder."""
    return (project / "mlruns" / "sweeps" / sweep / "leaderboard.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_a_launcher_of_hydras_trains_our_jobs_one_by_one(tmp_path: Path, launcher: str):
    train = train_with(installed(*PLUGINS), tmp_path)
    for number, chosen in enumerate((launcher, "stacked")):
        place = f"hydra.sweep.dir=mlruns/sweeps/{number}"
        done = train("-m", "seed=0,1", f"hydra/launcher={chosen}", "engine=single", place)
        assert done.returncode == 0, done.stderr
    assert leaderboard(tmp_path, "0") == leaderboard(tmp_path, "1")


def test_our_search_is_ours_where_hydras_sweeper_is_installed(tmp_path: Path):
    train = train_with(installed(*PLUGINS), tmp_path)
    done = train("-m", "+search=quick", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for extra in ((), ("hydra/launcher=joblib",)):
        done = train("-m", "hydra/sweeper=optuna", "model.dropout=interval(0,0.5)", THEIRS, *extra)
        assert done.returncode == 1
        assert done.stderr.startswith(
            "error: hydra.sweeper._target_: must be left out (hydra/sweeper=optuna is another"
        )
    done = train("-m", "hydra/sweeper=optuna", "model.dropout=interval(0,0.5)", "hydra/launcher=joblib")
    assert done.stderr.startswith("error: hydra/launcher: must be stacked for a search")


def test_hydras_next_release_trains_the_same(tmp_path: Path):
    found = []
    for name, folder in (("next", installed(*NEXT)), ("this", "")):
        project = tmp_path / name
        project.mkdir()
        train = train_with(folder, project)
        for argv in (["seed=0,1"], ["+search=quick", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"]):
            done = train("-m", *argv)
            assert done.returncode == 0, done.stderr
        tables = (project / "mlruns" / "sweeps").glob("*/leaderboard.csv")
        found.append({path.parent.name: path.read_text(encoding="utf-8") for path in tables})
    assert found[0] == found[1]
    assert len(found[0]) == 2
