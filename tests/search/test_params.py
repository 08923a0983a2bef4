"""The space of a search, and of a grid, under `hydra.sweeper.params`, where Hydra's sweepers have it: in a file, and typed."""

from pathlib import Path

import pytest

from src.config.command_line import for_hydra
from tests import doors

SMALL = ("data=moons", "epochs=1", "model.widths=[4]", "tracking.enabled=false")
SEARCH = ("hydra/sweeper=optuna", "hydra.sweeper.n_trials=3", "hydra.sweeper.retrain=0")
FILE = """# @package _global_
defaults:
  - override /hydra/sweeper: optuna
objective: val/accuracy
hydra:
  mode: "MULTIRUN"
  sweeper:
    storage: null
    study_name: null
    n_jobs: 1
    direction: maximize
    n_trials: 3
    sampler:
      _target_: optuna.samplers.TPESampler
      seed: 1234
      n_startup_trials: 2
    retrain: 0
    params:
      optimizer.lr: interval(0.0001, 0.1)
      batch_size: choice(32, 64)
"""
GRID = FILE[: FILE.index("defaults")] + "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      seed: 0,1,2\n"


def trained(project: Path, *argv: str) -> int:
    """How many runs a command has left."""
    done = doors.run("-m", "src.train", *SMALL, *argv, cwd=project)
    assert done.returncode == 0, done.stderr
    return len(list((project / "mlruns" / "sweeps").glob("*/[0-9]*/results.json")))


@pytest.mark.parametrize("text", [FILE, GRID], ids=["search", "grid"])
def test_a_file_for_another_template_is_one_here(tmp_path: Path, text: str):
    """With their mode, sampler and keys, and without -m."""
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "theirs.yaml").write_text(text, encoding="utf-8")
    assert trained(tmp_path, "--config-dir=mine", "experiment=theirs") == 3


@pytest.mark.parametrize(
    "argv",
    [
        ("hydra.sweeper.params={seed:'0,1,2'}",),
        ("+hydra.sweeper.params={seed:'range(3)'}",),
        ("+hydra.sweeper.params.seed='0,1,2'",),
        (*SEARCH, "hydra.sweeper.params={optimizer.lr:'interval(0.1,0.2)'}"),
    ],
    ids=" ".join,
)
def test_it_is_typed_as_a_mapping_or_by_key(tmp_path: Path, argv: tuple[str, ...]):
    assert trained(tmp_path, "-m", *argv) == 3


@pytest.mark.parametrize("text", ["={seed:choice(1,2)}", "={lr:interval(0,1)}", ".seed=1,2", ".seed=range(3)"])
def test_a_sweep_without_quotes_is_told_how_it_is_typed(text: str):
    for plus in ("", "+"):
        with pytest.raises(ValueError, match=r"hydra\.sweeper\.params: must hold sweeps in quotes .*, but got "):
            for_hydra([f"{plus}hydra.sweeper.params{text}"])
