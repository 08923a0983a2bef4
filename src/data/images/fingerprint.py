"""What an image looks like from afar: near-copies have fingerprints that are near one another."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

from src.disk import DamagedError, read_whole, whole_file
from src.disk.damage import check_archive

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

log = logging.getLogger(__name__)

# Axes: N images, C channels, H and W pixels.

GRID = 8  # cells of a side
CHUNK = 2**24  # numbers read at once


def fingerprints(images: Tensor | np.ndarray) -> Tensor:
    """Of `images` (N, C, H, W), a tensor or a memory map, the means over GRID x GRID cells, standardised: (N, 64) float32.

    Each has mean 0 and norm 1, so that the product of two is their correlation: exposure and contrast do not change it. All
    0 of an image without contrast.
    """
    import torch

    size = max(1, CHUNK // math.prod(images.shape[1:]))
    pieces = [_of(torch.as_tensor(images[first : first + size])) for first in range(0, len(images), size)]
    return torch.cat(pieces) if pieces else torch.empty(0, GRID * GRID)


def kept_fingerprints(pixels: np.ndarray, folder: Path) -> Tensor:
    """`fingerprints` of a memory map of pixels, kept in its `folder`: of many images they take as long as to read them."""
    import numpy as np
    import torch

    path = folder / "fingerprints.npz"
    if path.is_file():
        try:
            kept = read_whole(path, _kept)
            if len(kept) == len(pixels):
                return torch.from_numpy(kept)
        except DamagedError as error:
            log.warning("%s It is made anew.", error)
    made = fingerprints(pixels)
    with whole_file(path, shared=True) as part, part.open("wb") as file:
        np.savez(file, made=made.numpy())
    return made


def _kept(path: Path) -> np.ndarray:
    import numpy as np

    check_archive(path)
    with np.load(path, allow_pickle=False) as stored:
        return stored["made"]


def _of(images: Tensor) -> Tensor:
    import torch.nn.functional as F

    cells = F.adaptive_avg_pool2d(images.float().mean(1), GRID).flatten(1)
    centred = cells - cells.mean(1, keepdim=True)
    norm = centred.norm(dim=1, keepdim=True)
    return centred / norm.where(norm > 1e-3, 1.0) * (norm > 1e-3)
