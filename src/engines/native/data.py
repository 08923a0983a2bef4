"""The data of members, standardised once and shared by all that train on them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import torch
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.data.transforms import Standardize
from src.engines.native.units import Floats

# Axes: N rows of a split, F features.

MOST = 2**28  # numbers that are held; what is larger goes to another engine


@dataclass(frozen=True)
class Rows:
    """A split: standardised inputs (N, F) and labels (N,) in the type of the weights, and the `labels` as they are read.

    `weights` (N,): how much each row counts, of mean 1; None: all alike.
    """

    inputs: Floats
    targets: Floats
    labels: Tensor
    weights: Floats | None = None


@dataclass(frozen=True)
class Prepared:
    """Train and val of a dataset, as members of one type take them."""

    dataset: Dataset
    standardize: Standardize
    train: Rows
    val: Rows


def prepare(dataset: Dataset, standardize: str, dtype: torch.dtype) -> Prepared:
    """By figures fitted on train."""
    scale = Standardize.fit(dataset.train.inputs, standardize)

    def rows(split: Split) -> Rows:
        inputs = scale.of_all(split.inputs, dtype).flatten(1)
        return Rows(inputs.numpy(), split.labels.to(dtype).numpy(), split.labels)

    return Prepared(dataset, scale, rows(dataset.train), rows(dataset.val))


def num_numbers(dataset: Dataset) -> int:
    """Of train and val."""
    return dataset.train.inputs.numel() + dataset.val.inputs.numel()


class LastPrepared:
    """What was prepared last, by key: as much as `MOST` numbers."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Prepared] = OrderedDict()

    def get(self, key: Hashable, build: Callable[[], Prepared]) -> Prepared:
        """What is held by `key`; what is not is built."""
        if key not in self._held:
            self._held[key] = build()
            while sum(num_numbers(one.dataset) for one in self._held.values()) > MOST and len(self._held) > 1:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]
