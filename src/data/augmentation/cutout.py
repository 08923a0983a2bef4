"""Cutout: a square of each image is hidden (DeVries and Taylor 2017)."""

import torch
from torch import Tensor

from src.data.augmentation.draws import Draw
from src.data.augmentation.pixels import Strength, column, mean_of
from src.randomness import uniform


def cut_out(images: Tensor, rows: Tensor, strength: Strength) -> Tensor:
    """`images` (B, C, H, W) with a square filled by the image's mean; its side is `strength` times the image's.

    Its centre is uniform over the image, so it may lie over an edge, as in the paper, which fills with zeros.
    """
    down, across = (
        _is_within(rows, draw, strength, size)
        for draw, size in zip((Draw.CUTOUT_DOWN, Draw.CUTOUT_ACROSS), images.shape[-2:], strict=True)
    )
    hidden = (down.unsqueeze(-1) & across.unsqueeze(-2)).unsqueeze(1)
    return torch.where(hidden, column(mean_of(images), images), images)


def _is_within(rows: Tensor, draw: Draw, strength: Strength, size: int) -> Tensor:
    """Which of `size` pixels along one axis have their middle in the square: (B, size)."""
    middles = (torch.arange(size, device=rows.device) + 0.5) / size
    half = 0.5 * torch.as_tensor(strength, device=rows.device)
    return (middles - uniform(rows, int(draw)).unsqueeze(-1)).abs() < half.unsqueeze(-1)
