"""The stored data of a stack, held once, and each member's own batches of them."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from src.data.augmentation import Augment
from src.data.augmentation.mixup import blend, partners, shares
from src.data.dataset import Dataset
from src.data.placement import cut
from src.data.transforms import Standardize
from src.engines.stacked.folds import Fold, Folds
from src.losses import Mix
from src.randomness import Purpose, fold, key, permutation, row_keys

# Axes: S slots, N rows of a split, B rows of a step.

PREPARED = 2**28  # numbers that may be kept standardised; more are standardised batch by batch
CHUNK = 2**22  # numbers evaluated at once


@dataclass(frozen=True)
class Epoch:
    """What one epoch draws: each member's order (S, N), the keys of its rows for dropout (S, N) and for augmentation (S, 1).

    `places` (S,): of their folds.
    """

    order: Tensor
    rows: Tensor
    draws: Tensor
    places: Tensor


class StackBatch(NamedTuple):
    """A step of each member: inputs (S, B, ...), labels (S, B), the keys of the rows (S, B) and what they are blended with."""

    inputs: Tensor
    labels: Tensor
    rows: Tensor
    mix: Mix | None


class StackData:
    """Train and val on `device`; `rows_per_step` rows of train are one step of each member.

    They begin with one fold, `key`, of `dataset`; others join.
    """

    def __init__(
        self,
        dataset: Dataset,
        standardize: Standardize,
        *,
        rows_per_step: int,
        dtype: torch.dtype,
        device: torch.device,
        key: Hashable = None,
    ) -> None:
        self.dataset = dataset
        self.rows_per_step, self.dtype, self.device = rows_per_step, dtype, device
        self.folds = Folds(device)
        self.num_train, self.num_val = len(dataset.train), len(dataset.val)
        self.steps_per_epoch = -(-self.num_train // rows_per_step)
        self._prepared: Tensor | None = None
        self.join(key, lambda: Fold(dataset, standardize))

    def join(self, key: Hashable, build: Callable[[], Fold]) -> int:
        """The place of the fold `key`, which `build` makes if no member had it before."""
        if key in self.folds.places:
            return self.folds.places[key]
        self._prepared = None
        return self.folds.add(key, build())

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of a model's outputs for val: (N,) or (N, K)."""
        classes = self.dataset.num_outputs
        return (self.num_val,) if self.dataset.task != "multiclass" else (self.num_val, classes)

    def epoch(self, seeds: Tensor, epochs: Tensor, places: Tensor) -> Epoch:
        """The draws of the members with `seeds` (S,), each at its own of `epochs` (S,), on the folds at `places` (S,)."""
        seeds, epochs = seeds.unsqueeze(1), epochs.unsqueeze(1)
        place = torch.arange(self.num_train, device=seeds.device)
        steps = epochs * self.steps_per_epoch + place // self.rows_per_step
        return Epoch(
            order=permutation(key(seeds, Purpose.ORDER, epochs), self.num_train),
            rows=row_keys(steps, place % self.rows_per_step),
            draws=key(seeds, Purpose.AUGMENTATION, epochs),
            places=places,
        )

    def batch(self, epoch: Epoch, step: int, augment: Augment | None) -> StackBatch:
        """What each member computes of a step; `augment` with strengths (S,)."""
        part = slice(step * self.rows_per_step, (step + 1) * self.rows_per_step)
        rows, mix = epoch.order[:, part], None
        each = augment.repeated(rows.shape[1]) if augment else None
        inputs = self._inputs(rows, epoch, each)
        if each is not None and each.mixes:
            keys = fold(epoch.draws, rows)
            others = epoch.order.gather(1, partners(keys, epoch.order.shape[1]))
            share = shares(keys.reshape(-1), each.mixup).to(self.dtype)
            inputs = blend(inputs, self._inputs(others, epoch, each), share)
            mix = Mix(self._labels(others, epoch.places), share.view(rows.shape))
        labels = self._labels(rows, epoch.places)
        return StackBatch(inputs.view(*rows.shape, *inputs.shape[1:]), labels, epoch.rows[:, part], mix)

    def labels(self, part: str, places: Tensor) -> Tensor:
        """Of train or val, (S, N), for members of the folds at `places`."""
        split = getattr(self.folds, part)
        if self.folds.is_one:
            return split.labels.expand(len(places), -1)
        return split.labels.view(len(self.folds.folds), -1)[places]

    def chunks(self, part: str, numbers: int) -> Iterator[Tensor]:
        """The inputs of train or val, standardised, in pieces that suit models which make `numbers` numbers of each row.

        (B, ...); of several folds (P, B, ...).
        """
        inputs, size = getattr(self.folds, part).inputs, max(1, CHUNK // numbers)
        if self.folds.is_one:
            standardize = self.folds.folds[0].standardize
            return (standardize(piece.to(self.device, self.dtype)) for piece in inputs.split(size))
        of_each = inputs.view(len(self.folds.folds), -1, *inputs.shape[1:])
        return (
            torch.stack(
                [fold.standardize(one.to(self.dtype)) for fold, one in zip(self.folds.folds, piece, strict=True)]
            )
            for piece in of_each.split(size, 1)
        )

    def _inputs(self, rows: Tensor, epoch: Epoch, augment: Augment | None) -> Tensor:
        """The inputs (S * B, ...) of rows (S, B), augmented and standardised; `augment` with strengths (S * B,)."""
        places = epoch.places.repeat_interleave(rows.shape[1])
        flat = rows.reshape(-1) + places * self.num_train
        if augment is None or not augment.changes_images:
            return self._standardized(flat, places)
        raw = cut(self.folds.train.inputs, flat).to(self.dtype)
        return self.folds.standardize(places)(augment(raw, fold(epoch.draws, rows).reshape(-1)))

    def _labels(self, rows: Tensor, places: Tensor) -> Tensor:
        flat = (rows + places.unsqueeze(1) * self.num_train).reshape(-1)
        return self.folds.train.labels.index_select(0, flat).view(rows.shape)

    def _standardized(self, rows: Tensor, places: Tensor) -> Tensor:
        inputs = self.folds.train.inputs
        if inputs.numel() > PREPARED:
            return self.folds.standardize(places)(cut(inputs, rows).to(self.dtype))
        if self._prepared is None:
            of_each = zip(self.folds.folds, inputs.split(self.num_train), strict=True)
            prepared = [fold.standardize.of_all(part, self.dtype, self.device) for fold, part in of_each]
            self._prepared = prepared[0] if self.folds.is_one else torch.cat(prepared)
        return self._prepared.index_select(0, rows)
