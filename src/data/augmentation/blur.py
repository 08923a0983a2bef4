"""Blur: a Gaussian of another width for each image."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from src.data.augmentation.draws import Draw
from src.data.augmentation.pixels import Strength
from src.randomness import uniform

# Axes: B batch, C channels, H and W pixels, R radius.

TRUNCATE = 4.0  # standard deviations, as scipy.ndimage.gaussian_filter


def blurred(images: Tensor, rows: Tensor, strength: Strength) -> Tensor:
    """`images` (B, C, H, W) under Gaussians whose sd is uniform up to `strength`, in pixels; edges are extended.

    Rows, then columns, as sums of shifted images: a convolution with a kernel for each image is slower, and its bits depend
    on what else is in the batch.
    """
    sd = uniform(rows, int(Draw.BLUR)) * strength
    radius = _radius(torch.as_tensor(strength).max())
    weights = kernels(sd, radius).to(images)
    return _along(_along(images, weights, radius, dim=2), weights, radius, dim=3)


def kernels(sd: Tensor, radius: int) -> Tensor:
    """Each image's weights (B, R + 1) at the distances 0 to `radius`, both sides summing to 1; 0 beyond its own radius."""
    distance, sd = torch.arange(radius + 1, device=sd.device), sd.unsqueeze(-1)
    weights = torch.exp(-0.5 * (distance / sd.clamp(min=1e-6)) ** 2) * (distance <= torch.floor(TRUNCATE * sd + 0.5))
    return weights / (2.0 * weights.sum(-1, keepdim=True) - weights[:, :1])


def _radius(sd: Tensor) -> int:
    return math.floor(TRUNCATE * float(sd) + 0.5)


def _along(images: Tensor, weights: Tensor, radius: int, *, dim: int) -> Tensor:
    margins = (0, 0, radius, radius) if dim == 2 else (radius, radius, 0, 0)
    padded, size = F.pad(images, margins, mode="replicate"), images.shape[dim]
    total = weights[:, 0].view(-1, 1, 1, 1) * images
    for step in range(1, radius + 1):
        both = padded.narrow(dim, radius - step, size) + padded.narrow(dim, radius + step, size)
        total.addcmul_(weights[:, step].view(-1, 1, 1, 1), both)
    return total
