"""Augmentation of image batches: one affine resampling, drawn from (seed, epoch, row)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from src.randomness import uniform

# Axes: B batch, C channels, H and W pixels.


@dataclass(frozen=True)
class Augment:
    """Largest shift (as a share of the side), rotation (degrees) and scale (as a share); `flip`: chance to mirror left-right."""

    shift: float | Tensor = 0.0
    rotation: float | Tensor = 0.0
    scale: float | Tensor = 0.0
    flip: float | Tensor = 0.0

    def __call__(self, images: Tensor, rows: Tensor) -> Tensor:
        """Resample `images` (B, C, H, W), floats; `rows` (B,) are the keys of (seed, epoch, row). Edges are extended."""
        grid = _grid(self.matrices(rows).to(images), *images.shape[-2:])
        return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def matrices(self, rows: Tensor) -> Tensor:
        """The affine maps (B, 2, 3) from output to input coordinates, both in [-1, 1]."""
        draws = uniform(rows.unsqueeze(-1), torch.arange(5, device=rows.device))  # (B, 5)
        across, down, turn, size, mirror = (2.0 * draws - 1.0).unbind(-1)
        angle, zoom = turn * self.rotation * (torch.pi / 180), 1.0 + size * self.scale
        side = torch.where(mirror < 2.0 * self.flip - 1.0, -1.0, 1.0)
        cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
        first = torch.stack((side * cosine, -sine, 2.0 * across * self.shift), -1)  # the side is 2 long in [-1, 1]
        second = torch.stack((side * sine, cosine, 2.0 * down * self.shift), -1)
        return torch.stack((first, second), -2)


def _grid(matrices: Tensor, height: int, width: int) -> Tensor:
    """`F.affine_grid` without its matrix product, which takes five times as long as the resampling: (B, H, W, 2)."""
    across, down = (
        (2.0 * torch.arange(n, device=matrices.device) + 1.0).to(matrices) / n - 1.0 for n in (width, height)
    )
    of_column = matrices[:, :, 0, None, None] * across
    of_row = matrices[:, :, 1, None, None] * down.unsqueeze(-1) + matrices[:, :, 2, None, None]
    return (of_row + of_column).movedim(1, -1)
