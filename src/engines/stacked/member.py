"""One member of a stack, as far as it lives on the host."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from src.metrics import DIRECTIONS
from src.runs.build import build_factors
from src.runs.job import Job
from src.runs.progress import Progress

Tensors = dict[str, Tensor]


@dataclass
class Member:
    """A job in training: its progress, its learning rates, and the numbers in which it may differ from its company."""

    job: Job
    steps_per_epoch: int
    progress: Progress = field(init=False)
    lrs: Tensor = field(init=False)  # (epochs, steps_per_epoch) float64

    def __post_init__(self) -> None:
        run = self.job.run
        objective = run.first_objective
        self.progress = Progress(objective, DIRECTIONS[objective], epochs=run.epochs, patience=run.patience)
        total = run.epochs * self.steps_per_epoch
        factors = torch.tensor(build_factors(run, total) or [1.0] * total, dtype=torch.float64)
        self.lrs = (run.optimizer.lr * factors).view(run.epochs, self.steps_per_epoch)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.progress.history)

    def numbers(self) -> dict[str, float]:
        """What differs from member to member and stays the same from epoch to epoch."""
        run = self.job.run
        optimizer, augment, clip = run.optimizer, run.augment, run.trainer.gradient_clip_val
        beta1, beta2 = optimizer.betas or (0.9, 0.999)
        return {
            "weight_decay": optimizer.weight_decay,
            "momentum": _momentum(run),
            "beta1": beta1,
            "beta2": beta2,
            "clip": float("inf") if clip is None else clip,
            "pos_weight": 1.0 if run.pos_weight is None else run.pos_weight,
            "label_smoothing": run.label_smoothing,
            **{name: getattr(augment, name) for name in ("shift", "rotation", "scale", "flip")},
        }


def _momentum(run: Any) -> float:
    if run.optimizer.momentum is not None:
        return float(run.optimizer.momentum)
    return 0.0 if run.optimizer.name == "rmsprop" else 0.9
