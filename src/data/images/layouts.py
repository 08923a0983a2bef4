"""Arrays of pixels, however their axes are laid out."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Axes: N images, H and W pixels, C channels, S pixels of a side of an input.

COLOURS = (1, 3)


def as_images(given: Any, shape: tuple[int, int, int]) -> list[np.ndarray]:
    """Arrays or lists (N, C, H, W), (N, H, W, C), (N, H, W), or one image alone, as a list of (H, W, C).

    What has the `shape` (C, S, S) of an input, or as many numbers in a row, is read as one. Raises ValueError for anything else.
    """
    import numpy as np

    try:
        array = np.asarray(given)
        array = array.astype(np.float64) if array.dtype == object else array
    except (TypeError, ValueError) as error:
        raise ValueError(f"input: must be images, but got: {' '.join(str(error).split())}.") from error
    found = _channels_last(array, shape) if array.dtype.kind in "buif" and array.size else None
    if found is None or found.ndim != 4 or found.shape[3] not in COLOURS:
        raise ValueError(
            f"input: must be images (N, C, H, W), (N, H, W, C), (N, H, W) or rows of {prod(shape)} numbers, but got "
            f"{array.dtype} {array.shape}."
        )
    return list(found)


def _channels_last(array: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(N, H, W, C), if `array` holds images."""
    import numpy as np

    if array.ndim in (1, 2) and array.shape[-1] == prod(shape):
        array = array.reshape(-1, *shape)
    if array.shape[1:] == shape or array.shape == shape:
        return np.moveaxis(array.reshape(-1, *shape), 1, 3)
    if (
        array.ndim == 2
        or (array.ndim == 3 and array.shape[2] == 3)
        or (array.ndim == 3 and array.shape[0] == shape[0] == 3)
    ):
        array = array[None]
    if array.ndim == 3:
        return array[..., None]
    return np.moveaxis(array, 1, 3) if array.ndim == 4 and array.shape[3] not in COLOURS else array
