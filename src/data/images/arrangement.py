"""The pixels of each split: in memory where they are few, else on disk, one split behind the other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.images.known import short_hash
from src.data.images.pixel_file import PixelFile, mapped
from src.disk import DamagedError, read_whole, whole_file

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

log = logging.getLogger(__name__)

# Axes: N images, C channels, S pixels of a side.

HELD = 2**29  # bytes of pixels that are held in memory: 10,700 grey images of 224x224
CHUNK = 2**24  # bytes copied at once


def arranged(pixels: np.ndarray, rows: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """`pixels` (N, C, S, S) of the `rows` of each split, in their order, as uint8 tensors.

    Of more than HELD bytes they are backed by a memory map: `pixels` itself where each split's rows follow one another, as
    in folders of splits, else a copy in `folder`, made once for each division.
    """
    import torch

    if sum(map(len, rows.values())) * pixels[0].nbytes <= HELD:
        return {part: torch.from_numpy(pixels[of_part.numpy()]) for part, of_part in rows.items()}
    begins = {part: int(of_part[0]) for part, of_part in rows.items()}
    if not all(_follow(of_part) for of_part in rows.values()):
        pixels, begin = _copied(pixels, torch.cat(list(rows.values())).numpy(), folder), 0
        for part, of_part in rows.items():
            begins[part], begin = begin, begin + len(of_part)
    return {part: torch.from_numpy(pixels[begins[part] :][: len(of_part)]) for part, of_part in rows.items()}


def _follow(rows: Tensor) -> bool:
    return int(rows[-1]) - int(rows[0]) + 1 == len(rows) and bool((rows.diff() == 1).all())


def _copied(pixels: np.ndarray, order: np.ndarray, folder: Path) -> np.ndarray:
    """`pixels` in this order, from a file of its own beside them."""
    from filelock import FileLock

    path, shape = folder / f"{short_hash(order.tolist())}.npy", (len(order), *pixels.shape[1:])
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file() or not _is_whole(path, shape):
            step = max(1, CHUNK // pixels[0].nbytes)
            with whole_file(path, flush=False) as part, PixelFile(part, shape) as file:  # which flushes
                for first in range(0, len(order), step):
                    file.write(first, pixels[order[first : first + step]])
    return mapped(path)


def _is_whole(path: Path, shape: tuple[int, ...]) -> bool:
    """By its header and its length: of pixels that do not fit into memory nobody reads a checksum at each start."""
    try:
        if read_whole(path, mapped).shape == shape:
            return True
        raise DamagedError(f"{path}: must be whole, but got another shape.")
    except DamagedError as error:
        log.warning("%s It is made anew.", error)
        return False
