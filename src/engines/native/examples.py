"""What a member trains on in an epoch, in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from src.data.batches import TrainBatches
from src.engines.native.data import Rows
from src.engines.native.epoch import Examples
from src.engines.native.hashing import order_keys
from src.engines.native.units import Floats


class Epochs(Protocol):
    """Gives the examples of an epoch, from 0, in one piece or several of whole steps."""

    def examples(self, epoch: int) -> Iterator[Examples]:
        """Of one epoch."""


@dataclass(frozen=True)
class Shuffled:
    """The rows as they are, in the order of `key` and the epoch."""

    train: Rows
    key: int

    def examples(self, epoch: int) -> Iterator[Examples]:
        """In one piece."""
        labels = self.train.targets
        order = np.argsort(order_keys(self.key, epoch, labels.size))  # numpy's: to compile a sort takes seconds
        none, weights = labels[:0], self.train.weights
        yield Examples(self.train.inputs, order, labels[order], none, none, none if weights is None else weights[order])


@dataclass(frozen=True)
class Augmented:
    """Images that are moved, exposed, blended, ...: by torch, as for every engine."""

    batches: TrainBatches

    def examples(self, epoch: int) -> Iterator[Examples]:
        """Step by step."""
        self.batches.epoch = epoch
        for batch in self.batches:
            labels, mix = self._numbers(batch.labels), batch.mix
            others, own = (
                (labels[:0], labels[:0]) if mix is None else (self._numbers(mix.labels), self._numbers(mix.share))
            )
            yield Examples(batch.inputs.flatten(1).numpy(), np.arange(labels.size), labels, others, own, labels[:0])

    def _numbers(self, values: Tensor) -> Floats:
        numbers: Floats = values.to(self.batches.dtype).numpy()
        return numbers
