"""The processes of one run: how many they are, and which of them keeps the record. Of one alone nothing heavy is asked."""

import os

from src.config.schema import Trainer


def is_main_process(trainer: Trainer) -> bool:
    """Whether this process claims the run's folder and records it; the others of a run on several devices only compute."""
    if not has_ranks(trainer):
        return True
    from pytorch_lightning.utilities import rank_zero_only

    return rank_zero_only.rank == 0 and os.environ.get("NODE_RANK", "0") == "0"  # type: ignore[attr-defined]


def has_ranks(trainer: Trainer) -> bool:
    """Whether the batches are divided among several processes."""
    return num_devices(trainer) > 1 or trainer.num_nodes > 1


def num_devices(trainer: Trainer) -> int:
    """Devices of one node."""
    if isinstance(trainer.devices, list):
        return len(trainer.devices)
    if trainer.devices == "auto":
        import torch

        return torch.cuda.device_count() if trainer.accelerator != "cpu" else 1
    return trainer.devices
