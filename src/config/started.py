"""Who started this process as one of several: torchrun, or srun. What others have left in the environment says nothing."""

import os
from typing import NamedTuple


class Started(NamedTuple):
    """The place of this process among the `world_size` that `launcher` has started."""

    launcher: str
    rank: int
    world_size: int


# By what each sets for the processes of its own that it starts: their number, and which of them this one is. A shell or a
# batch script within an allocation of SLURM's is no step of several tasks.
LAUNCHERS = {
    "torchrun": ("TORCHELASTIC_RUN_ID", "WORLD_SIZE", "RANK"),
    "srun": ("SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
}


def started() -> Started | None:
    """How this process was started; None if it is the only one."""
    for launcher, (mark, size, rank) in LAUNCHERS.items():
        if mark in os.environ and int(os.environ.get(size, 1)) > 1:
            return Started(launcher, int(os.environ[rank]), int(os.environ[size]))
    return None
