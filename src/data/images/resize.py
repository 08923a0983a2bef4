"""An exact area filter: each pixel of the result is the mean of the part of the image that it covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Axes: H and W pixels of an image, C channels, S pixels of the result.

TOGETHER = 8  # parts whose means are one product of matrices: more have more zeros, fewer take longer in Python

# What of an image (H, W) becomes the square: the length of its window along each axis, centred.
FITS: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "pad": lambda height, width: (max(height, width),) * 2,  # all of it, with black beside it
    "crop": lambda height, width: (min(height, width),) * 2,  # the middle
    "stretch": lambda height, width: (height, width),  # all of it, its aspect lost
}


def resized(image: np.ndarray, size: int, fit: str) -> np.ndarray:
    """`image` (H, W, C) as (S, S, C) float64. Enlarged, a pixel becomes a block.

    Pillow's BOX gives whole pixels to one side or the other; here a pixel that two share is divided between them.
    """
    height, width = FITS[fit](*image.shape[:2])
    flat = _means(image, height, size).swapaxes(0, 1)  # (W, S, C)
    return _means(flat, width, size).swapaxes(0, 1)


def _means(image: np.ndarray, length: int, size: int) -> np.ndarray:
    """Means over `size` equal parts of a window of `length` rows about the middle of `image`; beyond it all is 0."""
    import numpy as np

    n, flat = len(image), image.reshape(len(image), -1)
    edges = np.clip((n - length) / 2 + length / size * np.arange(size + 1), 0, n)
    sums = []
    for first in range(0, size, TOGETHER):
        begins, ends = edges[first:-1][:TOGETHER, None], edges[first + 1 :][:TOGETHER, None]
        low, high = int(begins[0, 0]), int(np.ceil(ends[-1, 0]))
        rows = np.arange(low, high)
        covered = np.clip(np.minimum(ends, rows + 1) - np.maximum(begins, rows), 0, 1)  # how much of each row
        sums.append(covered @ flat[low:high].astype(np.float64))
    return np.concatenate(sums).reshape(size, *image.shape[1:]) * (size / length)
