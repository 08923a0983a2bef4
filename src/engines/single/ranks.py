"""The processes of one run: how many they are, and which of them keeps the record."""

import os

import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment, find_free_network_port
from pytorch_lightning.utilities import rank_zero_only

from src.config.schema import Trainer


def is_main_process(trainer: Trainer) -> bool:
    """Whether this process claims the run's folder and records it; the others of a run on several devices only compute."""
    if not has_ranks(trainer):
        return True
    return rank_zero_only.rank == 0 and os.environ.get("NODE_RANK", "0") == "0"  # type: ignore[attr-defined]


def has_ranks(trainer: Trainer) -> bool:
    """Whether the batches are divided among several processes."""
    return num_devices(trainer) > 1 or trainer.num_nodes > 1


def num_devices(trainer: Trainer) -> int:
    """Devices of one node."""
    if isinstance(trainer.devices, list):
        return len(trainer.devices)
    if trainer.devices == "auto":
        return torch.cuda.device_count() if trainer.accelerator != "cpu" else 1
    return trainer.devices


class Alone(LightningEnvironment):
    """The only process of its run, whatever a scheduler or a launcher has left in the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.set_global_rank(0)  # Lightning took it from the environment as it was imported
        self.port = find_free_network_port()

    @property
    def creates_processes_externally(self) -> bool:
        return True  # there is none to create

    @property
    def main_address(self) -> str:
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        return self.port

    def local_rank(self) -> int:
        return 0

    def node_rank(self) -> int:
        return 0

    def teardown(self) -> None:
        pass  # what others left is theirs
