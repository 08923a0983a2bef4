"""What a run's tables and figures are made of: its predictions on one split, and how it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.metrics import Outputs
from src.runs.evaluation import Predictions
from src.runs.results import Results
from src.tasks import Task

# Axes: N rows, K classes.


@dataclass(frozen=True)
class Evaluated:
    """A split with a run's predictions of its rows; `threshold`: at which a binary task is decided."""

    name: str  # of the split
    split: Split
    found: Predictions
    task: Task
    classes: tuple[str, ...]
    threshold: float | None
    seed: int

    @classmethod
    def last(cls, dataset: Dataset, splits: Mapping[str, Predictions], results: Results) -> Self:
        """Test if the run has read it, else val."""
        name = "test" if "test" in splits else "val"
        split: Split = getattr(dataset, name)
        return cls(name, split, splits[name], dataset.task, dataset.classes, results.threshold, results.seed)

    @cached_property
    def probabilities(self) -> Tensor:
        """Of each class (N, K), float64."""
        logits = self.found.logits.double()
        return torch.stack([-logits, logits], -1).div(2).softmax(-1) if logits.ndim == 1 else logits.softmax(-1)

    @cached_property
    def of_label(self) -> Tensor:
        """The probability of each row's true class (N,)."""
        return self.probabilities.gather(1, self.found.labels.unsqueeze(1)).squeeze(1)

    @cached_property
    def decided(self) -> Tensor:
        """The class that is predicted of each row (N,): of two at the threshold, else the likeliest."""
        if self.task != "binary":
            return self.found.logits.argmax(-1)
        assert self.threshold is not None
        return (
            Outputs(self.task, self.found.logits, self.found.labels).probabilities.double() >= self.threshold
        ).long()
