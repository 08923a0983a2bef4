"""Ranks that a scheduler or a launcher left in the environment have no effect on a run of one process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.doors import REPOSITORY, environment

LEFT = {"RANK": "3", "LOCAL_RANK": "3", "WORLD_SIZE": "4", "NODE_RANK": "1", "SLURM_PROCID": "3", "SLURM_NTASKS": "4"}
LEFT |= {"SLURM_JOB_ID": "1", "SLURM_LOCALID": "3", "SLURM_NODEID": "1", "SLURM_JOB_NAME": "train"}
PROGRAM = """
from src.config.composition import compose_run
from src.engines.single.engine import fit_unrecorded
from src.engines.single.ranks import is_main_process
run = compose_run("data=breast_cancer", "epochs=1", "model.widths=[4]", "trainer.accelerator=cpu")
print(is_main_process(run.trainer), len(fit_unrecorded(run).progress.history))
"""


def test_leftover_ranks_have_no_effect(tmp_path: Path) -> None:
    env = {**os.environ, **environment(), **LEFT}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "1"]
