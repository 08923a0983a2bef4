"""The stored data of a stack, held once, and each member's own batches of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from src.data.augmentation import Augment
from src.data.augmentation.mixup import blend, partners, shares
from src.data.dataset import Dataset, Split
from src.data.placement import cut, placed
from src.data.transforms import Standardize
from src.losses import Mix
from src.randomness import Purpose, fold, key, permutation, row_keys

# Axes: S slots, N rows of a split, B rows of a step.

PREPARED = 2**28  # numbers that may be kept standardised; more are standardised batch by batch
CHUNK = 2**22  # numbers evaluated at once


@dataclass(frozen=True)
class Epoch:
    """What one epoch draws: each member's order (S, N), the keys of its rows for dropout (S, N) and for augmentation (S, 1)."""

    order: Tensor
    rows: Tensor
    draws: Tensor

    def of(self, slots: slice) -> "Epoch":
        """The draws of some slots."""
        return Epoch(self.order[slots], self.rows[slots], self.draws[slots])


class StackBatch(NamedTuple):
    """A step of each member: inputs (S, B, ...), labels (S, B), the keys of the rows (S, B) and what they are blended with."""

    inputs: Tensor
    labels: Tensor
    rows: Tensor
    mix: Mix | None


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

    def batch(self, epoch: Epoch, step: int, augment: Augment | None) -> StackBatch:
        """What each member computes of a step; `augment` with strengths (S,)."""
        part = slice(step * self.rows_per_step, (step + 1) * self.rows_per_step)
        rows, mix = epoch.order[:, part], None
        each = augment.repeated(rows.shape[1]) if augment else None
        inputs = self._inputs(rows, epoch.draws, each)
        if each is not None and each.mixes:
            keys = fold(epoch.draws, rows)
            others = epoch.order.gather(1, partners(keys, epoch.order.shape[1]))
            share = shares(keys.reshape(-1), each.mixup).to(self.dtype)
            inputs = blend(inputs, self._inputs(others, epoch.draws, each), share)
            mix = Mix(self._labels(others), share.view(rows.shape))
        return StackBatch(inputs.view(*rows.shape, *inputs.shape[1:]), self._labels(rows), epoch.rows[:, part], mix)

    def _inputs(self, rows: Tensor, draws: Tensor, augment: Augment | None) -> Tensor:
        """The inputs (S * B, ...) of rows (S, B), augmented and standardised; `augment` with strengths (S * B,)."""
        flat = rows.reshape(-1)
        if augment is None or not augment.changes_images:
            return self._standardized(flat)
        raw = cut(self.train.inputs, flat).to(self.dtype)
        return self.standardize(augment(raw, fold(draws, rows).reshape(-1)))

    def _labels(self, rows: Tensor) -> Tensor:
        return self.train.labels.index_select(0, rows.reshape(-1)).view(rows.shape)

    def chunks(self, split: Split, numbers: int) -> Iterator[Tensor]:
        """The inputs of a split, standardised, in pieces that suit models which make `numbers` numbers of each row."""
        size = max(1, CHUNK // numbers)
        return (self.standardize(piece.to(self.device, self.dtype)) for piece in split.inputs.split(size))

    def _standardized(self, rows: Tensor) -> Tensor:
        if self.train.inputs.numel() > PREPARED:
            return self.standardize(cut(self.train.inputs, rows).to(self.dtype))
        if self._prepared is None:
            self._prepared = self.standardize(self.train.inputs.to(self.device, self.dtype))
        return self._prepared.index_select(0, rows)
