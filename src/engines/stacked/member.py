"""One member of a stack, as far as it lives on the host."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from src.engines.stacked.hyperparameters import Hyperparameters
from src.models.probe import Probe
from src.runs.job import Job
from src.runs.progress import Progress

Tensors = dict[str, Tensor]


@dataclass
class Member:
    """A job in training: how far it has come, its own draws, learning rates and hyperparameters."""

    job: Job
    progress: Progress
    seed: int
    lrs: Tensor  # (epochs, steps_per_epoch) float64
    hyperparameters: Hyperparameters
    build: Callable[[], nn.Module]  # its model with the initial weights
    place: int = 0  # of its fold among those of the stack
    probe: Probe | None = None  # looks into its layers

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.progress.history)
