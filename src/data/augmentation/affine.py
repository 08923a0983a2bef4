"""Shift, rotation, scale and mirroring: one affine resampling."""

import torch
import torch.nn.functional as F
from torch import Tensor

from src.data.augmentation.pixels import Strength, column
from src.randomness import uniform

# Axes: B batch, C channels, H and W pixels.


def moved(
    images: Tensor, rows: Tensor, *, shift: Strength, rotation: Strength, scale: Strength, flip: Strength
) -> Tensor:
    """`images` (B, C, H, W) resampled bilinearly by the maps of `matrices`; edges are extended."""
    grid = _grid(matrices(rows, shift=shift, rotation=rotation, scale=scale, flip=flip).to(images), *images.shape[-2:])
    resampled = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    strength = shift + rotation + scale + flip
    if isinstance(strength, Tensor):  # a member of a stack without any has its images as they are, as it has alone
        return torch.where(column(strength, images) > 0.0, resampled, images)
    return resampled


def matrices(rows: Tensor, *, shift: Strength, rotation: Strength, scale: Strength, flip: Strength) -> Tensor:
    """The affine maps (B, 2, 3) from output to input coordinates, both in [-1, 1], drawn from the keys of `rows` (B,).

    Largest shift as a share of the side, rotation in degrees, scale as a share; `flip`: chance to mirror left-right.
    """
    draws = uniform(rows.unsqueeze(-1), torch.arange(5, device=rows.device))  # (B, 5)
    across, down, turn, size, mirror = (2.0 * draws - 1.0).unbind(-1)
    angle, zoom = turn * rotation * (torch.pi / 180), 1.0 + size * scale
    side = torch.where(mirror < 2.0 * flip - 1.0, -1.0, 1.0)
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    first = torch.stack((side * cosine, -sine, 2.0 * across * shift), -1)  # the side is 2 long in [-1, 1]
    second = torch.stack((side * sine, cosine, 2.0 * down * shift), -1)
    return torch.stack((first, second), -2)


def _grid(matrices: Tensor, height: int, width: int) -> Tensor:
    """`F.affine_grid` without its matrix product, which takes five times as long as the resampling: (B, H, W, 2)."""
    across, down = (
        (2.0 * torch.arange(n, device=matrices.device) + 1.0).to(matrices) / n - 1.0 for n in (width, height)
    )
    of_column = matrices[:, :, 0, None, None] * across
    of_row = matrices[:, :, 1, None, None] * down.unsqueeze(-1) + matrices[:, :, 2, None, None]
    return (of_row + of_column).movedim(1, -1)
