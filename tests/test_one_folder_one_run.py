"""No run, sweep or search is taken for another: what decides a number changed under a folder that is there already."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from src import runs
from tests import doors
from tests.conftest import Command
from tests.data.medmnist_files import packed, small

EXPERIMENT = """
# @package _global_
defaults:
  - override /data: pneumoniamnist
epochs: 2
model:
  widths: [4]
data:
  path: films.npz
tracking:
  enabled: false
"""
MINE = ["--config-dir", "conf", "+experiment=team/mine", "trainer.accelerator=cpu"]
SEARCH = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"]
COMMANDS = {
    "run": [*MINE, "hydra.run.dir=mlruns/runs/mine"],
    "one by one": ["-m", *MINE, "seed=0,1", "hydra/launcher=basic"],
    "stack": ["-m", *MINE, "seed=0,1"],
    "search": ["-m", *MINE, *SEARCH, "optimizer.lr=tag(log, interval(1e-4, 1e-2))"],
}
FILES = {"an experiment file": "conf/experiment/team/mine.yaml", "the data": "films.npz"}
CHANGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a setting": (FILES["an experiment file"], lambda text: text.replace(b"[4]", b"[8]"), "model.widths"),
    "a new setting": (
        FILES["an experiment file"],
        lambda text: text + b"trainer:\n  gradient_clip_val: 1.0\n",
        "trainer.gradient_clip_val",
    ),
    "the data": (FILES["the data"], lambda _: packed(small(examples=8)), "data"),
}


def command(folder: Path, name: str) -> "CompletedProcess[str]":
    return doors.run("-m", "src.train", *COMMANDS[name], cwd=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every command has come to its end."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "conf" / "experiment" / "team").mkdir(parents=True)
    (folder / FILES["an experiment file"]).write_text(EXPERIMENT)
    (folder / FILES["the data"]).write_bytes(packed(small()))
    for name in COMMANDS:
        done = command(folder, name)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def left(folder: Path) -> dict[Path, int]:
    """Each run that has results, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob(f"mlruns/**/{runs.RESULTS}")}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_with_something_changed_under_it_is_refused(folder: Path, name: str, change: str):
    file, changed, key = CHANGES[change]
    before, content = left(folder), (folder / file).read_bytes()
    (folder / file).write_bytes(changed(content))
    try:
        done = command(folder, name)
    finally:
        (folder / file).write_bytes(content)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("error: "), done.stderr
    assert key in done.stderr
    assert ", but got " in done.stderr
    assert left(folder) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_with_nothing_changed_finds_what_it_left(folder: Path, name: str):
    before = left(folder)
    done = command(folder, name)
    assert done.returncode == 0, done.stderr
    assert "have ended" in done.stdout or "nothing is left to do" in done.stdout
    assert left(folder) == before


def test_an_experiment_in_a_folder_of_its_own_lands_beside_the_others(folder: Path):
    names = {path.name.rpartition("-")[0] or path.name for path in (folder / "mlruns" / "sweeps").iterdir()}
    assert all(name.startswith("team-mine") for name in names), names
    config = yaml.safe_load((folder / "mlruns" / "runs" / "mine" / runs.CONFIG).read_text())
    assert config["tracking"]["experiment"] == "team/mine"


def test_a_run_is_resumed_with_the_folder_of_configurations_that_it_was_started_with(folder: Path):
    done = doors.run("-m", "src.train", "resume=mine", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "nothing is left to do" in done.stdout
    other = doors.run("-m", "src.train", "resume=mine", "optimizer.lr=0.5", cwd=folder)
    assert other.returncode == 1
    assert "but got optimizer.lr=0.5 (was 0.001); leave out resume and hydra.run.dir to begin anew." in other.stderr


def test_a_refused_command_does_not_change_what_resume_goes_by(folder: Path):
    refused = doors.run("-m", "src.train", *COMMANDS["run"], "optimizer.lr=0.5", cwd=folder)
    assert refused.returncode == 1
    assert doors.run("-m", "src.train", "resume=mine", cwd=folder).returncode == 0


def test_a_run_that_nothing_tells_of_is_not_taken_for_another(folder: Path):
    other = folder / "mlruns" / "runs" / "other"
    shutil.copytree(folder / "mlruns" / "runs" / "mine", other)
    command = ["-m", "src.train", *MINE, "hydra.run.dir=mlruns/runs/other", "optimizer.lr=0.5"]
    for text, rule in (
        (None, "must hold identity.json"),
        ("{", "must be whole, but got damaged content"),
        ("[1]", "must be whole, but got [1]"),
    ):
        (other / runs.IDENTITY).unlink(missing_ok=True)
        if text:
            (other / runs.IDENTITY).write_text(text)
        refused = doors.run(*command, cwd=folder)
        assert refused.returncode == 1
        assert rule in refused.stderr
        assert refused.stderr.count("\n") == 1
    shutil.rmtree(other)


def test_a_member_of_a_sweep_is_not_resumed_by_itself(folder: Path):
    (member,) = folder.glob("mlruns/sweeps/team-mine-*-basic/0")
    refused = doors.run("-m", "src.train", f"resume={member.parent.name}/0", cwd=folder)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: resume: must be a run of its own (the command of a sweep goes on with it)")


def test_a_member_whose_folder_was_deleted_is_trained_again(folder: Path):
    of_sweeps = folder.glob("mlruns/sweeps/team-mine-*/1")
    (member,) = [path for path in of_sweeps if not path.parent.name.endswith(("-basic", "-search"))]
    history = runs.read_history(member)
    shutil.rmtree(member)
    done = command(folder, "stack")
    assert done.returncode == 0, done.stderr
    for again, before in zip(runs.read_history(member), history, strict=True):
        assert {**again, "epoch_seconds": 0} == pytest.approx({**before, "epoch_seconds": 0}, rel=1e-5)  # fewer slots


def test_a_working_directory_of_a_runs_own_is_refused(door: Command, tmp_path: Path):
    done = door("train", "+experiment=smoke", "hydra.job.chdir=true")
    assert done.returncode == 1
    assert done.stderr.startswith("error: hydra.job.chdir: must be false")
    assert not list(tmp_path.glob("**/mlruns/mlflow.db"))
