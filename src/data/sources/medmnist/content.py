"""What a file of MedMNIST holds, whatever set it is of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from src.data.sources.medmnist.archive import read_arrays
from src.data.sources.medmnist.sets import kind_of

# Axes: N examples, C channels, S rows and columns of pixels, L labels of an example.

PARTS = ("train", "val", "test")
SIZES = (28, 64, 128, 224)
MOST_LABELS = 256  # classes, or labels of an image: those of MedMNIST are bytes
BLOCK = 64  # images whose channels are put first at a time: 10 MB at 224 pixels


@dataclass(frozen=True)
class Content:
    """By split images uint8 (N, C, S, S) and labels int64 (N, L); L is 1 unless an image may have several labels."""

    images: dict[str, Tensor]
    labels: dict[str, Tensor]

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(len(self.labels[part]) for part in PARTS)

    @property
    def channels(self) -> int:
        return self.images["train"].shape[1]

    @property
    def is_multilabel(self) -> bool:
        return self.labels["train"].shape[1] > 1

    @property
    def kind(self) -> str:
        return kind_of(self.channels, self.num_classes, is_multilabel=self.is_multilabel)

    @property
    def num_classes(self) -> int:
        """The number of labels of an image that may have several; else by the highest label of any split."""
        labels = self.labels.values()
        return self.labels["train"].shape[1] if self.is_multilabel else 1 + max(int(split.max()) for split in labels)


def read_content(file: Path) -> Content:
    """Raises ValueError or OSError for the first fault in its keys, types and shapes."""
    arrays = read_arrays(file, [f"{part}_{kind}" for part in PARTS for kind in ("images", "labels")])
    images = {part: _images(file, part, arrays.pop(f"{part}_images")) for part in PARTS}
    labels = {part: _labels(file, part, arrays[f"{part}_labels"], len(images[part])) for part in PARTS}
    if len({split.shape[1] for split in labels.values()}) > 1:
        shapes = ", ".join(str(tuple(split.shape)) for split in labels.values())
        raise ValueError(f"{file}: labels must be as many for an image in every split, but got {shapes}.")
    return Content(images, labels)


def _images(file: Path, part: str, images: np.ndarray) -> Tensor:
    if images.dtype != np.uint8:
        raise ValueError(f"{file}: {part}_images must be uint8, but got {images.dtype}.")
    is_flat = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not is_flat or images.shape[1] != images.shape[2] or images.shape[1] not in SIZES:
        raise ValueError(
            f"{file}: {part}_images must be (N, S, S) or (N, S, S, 3) with S in {SIZES}, of a 2D set, "
            f"but got {images.shape}."
        )
    if len(images) == 0:
        raise ValueError(f"{file}: {part}_images must hold at least one image, but got none.")
    return torch.from_numpy(_channels_first(images) if images.ndim == 4 else images[:, None])


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, S, S, C) as (N, C, S, S) in the same memory, which holds gigabytes at 224 pixels."""
    num, size, _, channels = images.shape
    flat = images.reshape(num, -1)
    for start in range(0, num, BLOCK):
        block = images[start : start + BLOCK].transpose(0, 3, 1, 2)
        flat[start : start + BLOCK] = block.reshape(len(block), -1)  # a copy, of this block only
    return flat.reshape(num, channels, size, size)


def _labels(file: Path, part: str, labels: np.ndarray, num: int) -> Tensor:
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{file}: {part}_labels must be integers, but got {labels.dtype}.")
    if labels.ndim not in (1, 2) or len(labels) != num or not num <= labels.size <= num * MOST_LABELS:
        raise ValueError(
            f"{file}: {part}_labels must be (N,) or (N, L), 1 to {MOST_LABELS} for each of {num} images, "
            f"but got {labels.shape}."
        )
    return torch.from_numpy(labels.reshape(num, -1).astype(np.int64))
