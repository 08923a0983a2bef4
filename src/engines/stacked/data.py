"""The stored data of a stack, held once, and each member's own batches of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from src.data.augmentation import Augment
from src.data.dataset import Dataset, Split
from src.data.placement import cut, placed
from src.data.transforms import Standardize
from src.randomness import Purpose, fold, key, permutation, row_keys

# Axes: S slots, N rows of a split, B rows of a step.

PREPARED = 2**28  # numbers that may be kept standardised; more are standardised batch by batch
CHUNK = 2**22  # numbers of inputs evaluated at once


@dataclass(frozen=True)
class Epoch:
    """What one epoch draws: each member's order (S, N), the keys of its rows for dropout (S, N) and for augmentation (S, 1)."""

    order: Tensor
    rows: Tensor
    draws: Tensor

    def of(self, slots: slice) -> "Epoch":
        """The draws of some slots."""
        return Epoch(self.order[slots], self.rows[slots], self.draws[slots])


class StackData:
    """Train and val on `device`; `rows_per_step` rows of train are one step of each member."""

    def __init__(
        self,
        dataset: Dataset,
        standardize: Standardize,
        *,
        rows_per_step: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.dataset, self.standardize = dataset, standardize
        self.rows_per_step, self.dtype, self.device = rows_per_step, dtype, device
        self.train, self.val = (placed(split, device) for split in (dataset.train, dataset.val))
        self.steps_per_epoch = -(-len(self.train) // rows_per_step)
        self._prepared: Tensor | None = None

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of a model's outputs for val: (N,) or (N, K)."""
        classes = self.dataset.num_outputs
        return (len(self.val),) if self.dataset.task != "multiclass" else (len(self.val), classes)

    def epoch(self, seeds: Tensor, epochs: Tensor) -> Epoch:
        """The draws of the members with `seeds` (S,), each at its own of `epochs` (S,)."""
        seeds, epochs = seeds.unsqueeze(1), epochs.unsqueeze(1)
        place = torch.arange(len(self.train), device=seeds.device)
        steps = epochs * self.steps_per_epoch + place // self.rows_per_step
        return Epoch(
            order=permutation(key(seeds, Purpose.ORDER, epochs), len(self.train)),
            rows=row_keys(steps, place % self.rows_per_step),
            draws=key(seeds, Purpose.AUGMENTATION, epochs),
        )

    def batch(self, epoch: Epoch, step: int, augment: Augment | None) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs (S, B, ...), labels (S, B) and row keys (S, B) of a step; `augment` with strengths (S,)."""
        part = slice(step * self.rows_per_step, (step + 1) * self.rows_per_step)
        rows = epoch.order[:, part]
        flat = rows.reshape(-1)
        if augment is None:
            inputs = self._standardized(flat)
        else:
            size = rows.shape[1]
            strengths = {name: value.repeat_interleave(size) for name, value in vars(augment).items()}
            raw = cut(self.train.inputs, flat).to(self.dtype)
            inputs = self.standardize(Augment(**strengths)(raw, fold(epoch.draws, rows).reshape(-1)))
        labels = self.train.labels.index_select(0, flat).view(rows.shape)
        return inputs.view(*rows.shape, *inputs.shape[1:]), labels, epoch.rows[:, part]

    def chunks(self, split: Split, members: int) -> Iterator[Tensor]:
        """The inputs of a split, standardised, in pieces that suit `members` at once."""
        size = max(1, CHUNK // (members * math.prod(split.inputs.shape[1:])))
        return (self.standardize(piece.to(self.device, self.dtype)) for piece in split.inputs.split(size))

    def _standardized(self, rows: Tensor) -> Tensor:
        if self.train.inputs.numel() > PREPARED:
            return self.standardize(cut(self.train.inputs, rows).to(self.dtype))
        if self._prepared is None:
            self._prepared = self.standardize(self.train.inputs.to(self.device, self.dtype))
        return self._prepared.index_select(0, rows)
