"""The folds that the members of one stack are trained on: rows of one table, each with what was fitted on its own train."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.data.placement import placed
from src.data.target_scale import TargetScale
from src.data.transforms import Standardize

# Axes: P folds, S slots, N rows of a split.


@dataclass(frozen=True)
class Fold:
    """One division of the data; without folds there is one alone."""

    dataset: Dataset
    standardize: Standardize


def form_of(dataset: Dataset) -> Hashable:
    """What the folds of one stack agree on: how many rows and columns there are, and of which kind."""
    counts = len(dataset.train), len(dataset.val)
    return *counts, dataset.input_shape, dataset.num_outputs, dataset.cardinalities, str(dataset.train.inputs.dtype)


class Folds:
    """Those of a stack by key, in the order in which they came; a member's `place` is that of its fold.

    `train` and `val` hold the rows of all, one fold behind the other.
    """

    def __init__(self, device: torch.device) -> None:
        self.device, self.places = device, dict[Hashable, int]()
        self.folds: list[Fold] = []
        self.train: Split
        self.val: Split

    def add(self, key: Hashable, fold: Fold) -> int:
        """The place of a fold; one that is new adds its rows."""
        if key not in self.places:
            self.places[key] = len(self.folds)
            parts = placed(fold.dataset.train, self.device), placed(fold.dataset.val, self.device)
            self.train, self.val = parts if not self.folds else map(_joined, (self.train, self.val), parts)
            self.folds.append(fold)
        return self.places[key]

    @property
    def is_one(self) -> bool:
        """Whether all members have the same rows."""
        return len(self.folds) == 1

    def standardize(self, places: Tensor) -> Standardize:
        """For inputs (B, ...) of the folds at `places` (B,)."""
        first = self.folds[0].standardize
        if self.is_one or not first.mean.ndim:
            return first
        means, sds = (torch.stack([getattr(fold.standardize, name) for fold in self.folds]) for name in ("mean", "sd"))
        chosen = places.to(means.device)
        return replace(first, mean=means[chosen], sd=sds[chosen])

    def target_scale(self, places: Tensor) -> TargetScale | None:
        """For outputs (S, N) of members of the folds at `places` (S,)."""
        scales = [fold.dataset.target_scale for fold in self.folds]
        if self.is_one or scales[0] is None:
            return scales[0]
        means, sds = (
            torch.tensor([getattr(scale, name) for scale in scales], device=places.device) for name in ("mean", "sd")
        )
        return TargetScale(means[places].unsqueeze(1), sds[places].unsqueeze(1))  # type: ignore[arg-type]


def _joined(some: Split, more: Split) -> Split:
    return Split(torch.cat([some.inputs, more.inputs]), torch.cat([some.labels, more.labels]))
