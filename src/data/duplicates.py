"""Examples of val or test that train has too: of arrays, and of images that are as good as the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from src.data.dataset import Dataset, Split

if TYPE_CHECKING:
    from torch import Tensor

# Axes: N examples of train, M of another split.

# Correlation of fingerprints. Of PneumoniaMNIST's test images none comes nearer than 0.99 to one of train; a copy with noise
# of 3 greys, or another exposure, has more than 0.993.
ALIKE = 0.99
SMALLEST = 16  # pixels a side: of a few pixels all look alike
CHUNK = 2**24  # likenesses at once


def duplicates(dataset: Dataset) -> Iterator[str]:
    """A line if val or test share examples with train; nothing is said of what was simulated."""
    if dataset.simulated:
        return
    if not dataset.is_image:
        yield from _of_rows(dataset)
    elif min(dataset.input_shape[1:]) >= SMALLEST:
        from src.data.images.fingerprint import fingerprints

        of_train = fingerprints(dataset.train.inputs)
        yield from image_duplicates(
            dataset, of_train, fingerprints(dataset.val.inputs), fingerprints(dataset.test.inputs)
        )


def image_duplicates(dataset: Dataset, train: Tensor, val: Tensor, test: Tensor) -> Iterator[str]:
    """The same by the fingerprints of each split's images, (N, 64) and (M, 64)."""
    told = []
    for part, split, of_split in (("val", dataset.val, val), ("test", dataset.test, test)):
        near = _nearest(of_split, train)
        if not near:
            continue
        same = sum(bool((split.inputs[one] == dataset.train.inputs[other]).all()) for one, other in near.items())
        told.append(f"{part} {same} and {len(near) - same} of {len(split):,} ({_named(split, next(iter(near)))}, say)")
    if told:
        yield f"leak: images stand in train and elsewhere, identical and near-identical: in {', in '.join(told)}."


def _nearest(some: Tensor, train: Tensor) -> dict[int, int]:
    """The nearest of train by the number of each that has one so near."""
    found, size = {}, max(1, CHUNK // len(train))
    for first in range(0, len(some), size):
        likeness, other = (some[first : first + size] @ train.T).max(1)
        for place in (likeness > ALIKE).nonzero().squeeze(1).tolist():
            found[first + place] = int(other[place])
    return found


def _of_rows(dataset: Dataset) -> Iterator[str]:
    import pandas as pd
    import torch

    from src.data.leaks import row_leaks

    splits = {"train": dataset.train, "val": dataset.val, "test": dataset.test}
    ends = torch.tensor([len(split) for split in splits.values()]).cumsum(0).tolist()
    starts = [0, *ends[:-1]]
    parts = {part: torch.arange(start, end) for part, start, end in zip(splits, starts, ends, strict=True)}
    rows = torch.cat([split.inputs.flatten(1) for split in splits.values()])
    yield from row_leaks(pd.DataFrame(rows.numpy()).rename(columns=str), parts, ".")


def _named(split: Split, place: int) -> str:
    return split.names[place] if split.names else f"row {place + 1}"
