"""What a scheduler or a launcher left in the environment has no effect; what one has started is one run, or one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from src.config.composition import compose_run
from src.engines.single.engine import fit_unrecorded
from src.engines.single.ranks import is_main_process
from tests import doors
from tests.doors import REPOSITORY, environment

LEFT = {"RANK": "3", "LOCAL_RANK": "3", "WORLD_SIZE": "4", "NODE_RANK": "1", "SLURM_PROCID": "3", "SLURM_NTASKS": "4"}
LEFT |= {"SLURM_JOB_ID": "1", "SLURM_LOCALID": "3", "SLURM_NODEID": "1", "SLURM_JOB_NAME": "train"}
LEFT |= {"MASTER_ADDR": "192.0.2.1", "MASTER_PORT": "1"}
PROGRAM = """
from src.config.composition import compose_run
from src.engines.single.engine import fit_unrecorded
from src.engines.single.ranks import is_main_process
for devices in (1, 2):
    small = "data=breast_cancer", "epochs=1", "model.widths=[4]", "trainer.accelerator=cpu"
    run = compose_run(*small, f"trainer.devices={devices}", "trainer.strategy=ddp")
    print(is_main_process(run.trainer), len(fit_unrecorded(run).progress.history))
"""
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2"}
SRUN = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2"}


def test_leftover_ranks_have_no_effect(tmp_path: Path) -> None:
    env = {**os.environ, **environment(), **LEFT}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "1"] * 2
    assert "sync_dist" not in done.stderr, done.stderr


@pytest.mark.parametrize(("env", "rank"), [(TORCHRUN, "RANK"), (SRUN, "SLURM_PROCID")])
def test_of_those_that_a_launcher_has_started_one_keeps_the_record(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], rank: str
):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    two = compose_run("trainer.devices=2").trainer
    for number in (0, 1):
        monkeypatch.setenv(rank, str(number))
        assert is_main_process(two) is (number == 0)
    with pytest.raises(
        ValueError, match="trainer.devices: must make the 2 processes that .*run has started, but got 3"
    ):
        is_main_process(compose_run("trainer.devices=3").trainer)
    with pytest.raises(ValueError, match="ensemble: must be null where .*run has started 2 processes"):
        compose_run("trainer.devices=2", "ensemble=3")


def test_runs_that_srun_packs_know_nothing_of_each_other(monkeypatch: pytest.MonkeyPatch):
    for name, value in {**SRUN, "SLURM_PROCID": "1"}.items():
        monkeypatch.setenv(name, value)
    assert is_main_process(compose_run().trainer)


def test_torchrun_is_for_a_run_that_is_divided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name, value in {**TORCHRUN, "RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="has started, but got 1, which makes 1"):
        is_main_process(compose_run().trainer)
    done = doors.run("-m", "src.train", "+experiment=smoke", cwd=tmp_path)
    assert done.stderr == (
        "error: trainer.devices: must make the 2 processes that torchrun has started, but got 1, which makes 1.\n"
    )
    assert not list(tmp_path.glob("mlruns/runs/*"))


def test_several_nodes_are_told_apart(monkeypatch: pytest.MonkeyPatch):
    trainer = compose_run("trainer.num_nodes=2", "trainer.strategy=ddp").trainer
    with pytest.raises(
        ValueError, match="trainer.num_nodes: must be 1 unless .* without NODE_RANK, MASTER_ADDR, MASTER_PORT"
    ):
        is_main_process(trainer)
    for name, value in {"NODE_RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    assert not is_main_process(trainer)


def test_a_machine_that_has_slurm_is_no_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "srun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    run = compose_run("data=moons", "epochs=1", "model.widths=[4]", "trainer.accelerator=cpu")
    assert len(fit_unrecorded(run).progress.history) == 1
