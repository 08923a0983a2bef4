"""Batches cut by index from resident tensors: no row is collated, no worker is needed."""

import itertools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from src.data.augmentation import Augment
from src.data.augmentation.mixup import blend, partners, shares
from src.data.dataset import Split
from src.data.placement import LARGE, cut
from src.data.transforms import Standardize
from src.losses import Mix
from src.randomness import Purpose, fold, key, permutation, row_keys

# Batches are prepared some at a time, up to this many numbers: a fifth of the cost of one by one for batches of 64x784.
BLOCK = 2**18
EVALUATED = 2**22  # numbers of a chunk: 1,024 images of 64x64, 83 of 224x224


class Batch(NamedTuple):
    """What one process computes of an optimizer step.

    `rows` (B,) are the keys of the step's number and of each row's place among the `num_examples` of the whole step, over
    all processes and accumulated batches: draws and the mean of the losses depend on these alone, so neither changes when
    the step is divided. `mix`: what the inputs are blended with, if they are.
    """

    inputs: Tensor
    labels: Tensor
    rows: Tensor
    num_examples: int
    mix: Mix | None = None


@dataclass
class TrainBatches:
    """One epoch of batches in the order of (seed, epoch); set `epoch` before iterating. The last batch may be short.

    With `limit` an epoch has that many batches: the first of its order.
    """

    split: Split
    standardize: Standardize
    augment: Augment | None
    batch_size: int
    seed: int
    accumulate: int = 1
    rank: int = 0
    world_size: int = 1
    dtype: torch.dtype = torch.float32
    epoch: int = 0
    limit: int | None = None

    def __len__(self) -> int:
        return -(-self.num_rows // self.batch_size)

    @property
    def num_rows(self) -> int:
        """Examples of an epoch."""
        size = len(self.split)
        return size if self.limit is None else min(size, self.limit * self.batch_size)

    @property
    def window(self) -> int:
        """Examples of a full optimizer step."""
        return self.batch_size * self.accumulate

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.num_rows // self.window)

    def __iter__(self) -> Iterator[Batch]:
        device, size = self.split.labels.device, self.num_rows
        order = permutation(key(self.seed, Purpose.ORDER, self.epoch).to(device), len(self.split))[:size]
        draws = key(self.seed, Purpose.AUGMENTATION, self.epoch).to(device)
        place = torch.arange(size, device=device)
        keys = row_keys(self.epoch * self.steps_per_epoch + place // self.window, place % self.window)
        shards, shards_of_keys = (self._shards(rows) for rows in (order, keys))
        per_block = max(1, BLOCK // (self.batch_size * math.prod(self.split.inputs.shape[1:])))
        blocks = [shards[first : first + per_block] for first in range(0, len(shards), per_block)]
        for first, (block, rows, raw) in zip(range(0, len(shards), per_block), self._cut(blocks), strict=True):
            inputs, labels, mix = self._prepare(rows, raw, draws, order)
            sizes = [len(of_batch) for of_batch in block]
            mixes = mix.split(sizes) if mix else itertools.repeat(None, len(block))
            batches = zip(inputs.split(sizes), labels.split(sizes), mixes, strict=True)
            for number, (x, y, of_batch) in enumerate(batches, start=first):
                start = number * self.batch_size // self.window * self.window
                yield Batch(x, y, shards_of_keys[number], min(self.window, size - start), of_batch)

    def _shards(self, rows: Tensor) -> list[Tensor]:
        """This process's part of each batch."""
        return [batch[self.rank :: self.world_size] for batch in rows.split(self.batch_size)]

    def _cut(self, blocks: list[list[Tensor]]) -> Iterator[tuple[list[Tensor], Tensor, Tensor]]:
        """Each block with its rows and their inputs as they are stored; of large data the next is read meanwhile."""
        joined, inputs = [torch.cat(block) for block in blocks], self.split.inputs
        if inputs.nbytes <= LARGE:
            yield from ((block, rows, cut(inputs, rows)) for block, rows in zip(blocks, joined, strict=True))
            return
        with ThreadPoolExecutor(1) as reading:
            ahead = reading.submit(cut, inputs, joined[0])
            for block, rows, after in zip(blocks, joined, [*joined[1:], None], strict=True):
                raw = ahead.result()
                if after is not None:
                    ahead = reading.submit(cut, inputs, after)
                yield block, rows, raw

    def _prepare(self, rows: Tensor, raw: Tensor, draws: Tensor, order: Tensor) -> tuple[Tensor, Tensor, Mix | None]:
        inputs, labels = self._inputs(rows, raw, draws), self.split.labels[rows]
        if self.augment is None or not self.augment.mixes:
            return inputs, labels, None
        keys = fold(draws, rows)
        others, share = order[partners(keys, len(order))], shares(keys, self.augment.mixup).to(self.dtype)
        blended = blend(inputs, self._inputs(others, cut(self.split.inputs, others), draws), share)
        return blended, labels, Mix(self.split.labels[others], share)

    def _inputs(self, rows: Tensor, raw: Tensor, draws: Tensor) -> Tensor:
        inputs = raw.to(self.dtype)
        if self.augment is not None and self.augment.changes_images:
            inputs = self.augment(inputs, fold(draws, rows))
        return self.standardize(inputs)


@dataclass
class EvalBatches:
    """A split in its own order, in chunks of at most `chunk` rows and EVALUATED numbers; no augmentation."""

    split: Split
    standardize: Standardize
    dtype: torch.dtype = torch.float32
    chunk: int = 4096

    @property
    def rows(self) -> int:
        """Of a chunk."""
        return max(1, min(self.chunk, EVALUATED // math.prod(self.split.inputs.shape[1:])))

    def __len__(self) -> int:
        return -(-len(self.split) // self.rows)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for inputs, labels in zip(self.split.inputs.split(self.rows), self.split.labels.split(self.rows), strict=True):
            yield self.standardize(inputs.to(labels.device, self.dtype)), labels
