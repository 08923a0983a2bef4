"""The processes of one run: how many they are, and which of them keeps the record. Of one alone nothing heavy is asked."""

import os

from src.config.schema import Trainer
from src.config.started import Started, started

NODE = ("NODE_RANK", "MASTER_ADDR", "MASTER_PORT")  # how a command, typed once on each node, knows which it is


def is_main_process(trainer: Trainer) -> bool:
    """Whether this process claims the run's folder and records it; the others of a run on several devices only compute.

    Raises ValueError if the processes that a launcher has started are not those of the run.
    """
    by = launched(trainer)
    return (by.rank if by else node_rank(trainer)) == 0


def launched(trainer: Trainer) -> Started | None:
    """How a launcher has started this process as one of the run's; None if none has. Raises ValueError if it started others."""
    by, count = started(), num_devices(trainer) * trainer.num_nodes
    if by is None or (count == 1 and by.launcher == "srun"):  # which also starts runs that know nothing of each other
        return None
    if count != by.world_size:
        of_nodes = f" with trainer.num_nodes={trainer.num_nodes}" if trainer.num_nodes > 1 else ""
        raise ValueError(
            f"trainer.devices: must make the {by.world_size} processes that {by.launcher} has started, but got "
            f"{trainer.devices}{of_nodes}, which makes {count}."
        )
    return by


def node_rank(trainer: Trainer) -> int:
    """Of this process, which no launcher has started. Raises ValueError if there are several nodes, and nothing says which."""
    if trainer.num_nodes == 1:
        return 0
    if missing := [name for name in NODE if name not in os.environ]:
        raise ValueError(
            f"trainer.num_nodes: must be 1 unless torchrun, srun, or {', '.join(NODE)} in the environment say which node "
            f"this is, but got {trainer.num_nodes} without {', '.join(missing)}."
        )
    return int(os.environ["NODE_RANK"])


def has_ranks(trainer: Trainer) -> bool:
    """Whether the batches are divided among several processes."""
    return num_devices(trainer) > 1 or trainer.num_nodes > 1


def num_devices(trainer: Trainer) -> int:
    """Devices of one node."""
    if isinstance(trainer.devices, list):
        return len(trainer.devices)
    if trainer.devices == "auto":
        import torch

        return max(1, torch.cuda.device_count()) if trainer.accelerator != "cpu" else 1
    return trainer.devices
