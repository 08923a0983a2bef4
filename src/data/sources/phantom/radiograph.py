"""From optical depth to a film: Beer-Lambert, scatter, photon noise, exposure and the detector's logarithm."""

import torch
from torch import Tensor

from src.data.sources.phantom.patients import NOISE, draw_patients
from src.data.sources.phantom.thorax import optical_depth
from src.randomness import Purpose, key, normal

# Axes: N patients, S pixels a side, R rays a side (a multiple of S).
FIELD = 31.0  # cm a side
RAYS = 56  # at least so many a side
PHOTONS = 600_000.0  # per cm² on the open detector at exposure 0
BLACK, WHITE = -0.9, -5.0  # natural logarithm of the signal over the open detector's


def radiographs(seed: int, numbers: Tensor, labels: Tensor, *, size: int, difficulty: float) -> Tensor:
    """uint8 films (N, 1, S, S) of the patients `numbers` (N,), with opacities where `labels` (N,) is 1. Dense is white.

    The same patients at every size: a pixel is the mean over its area, or its centre's ray from 56 px on.
    """
    patients = draw_patients(seed, numbers)
    rays_per_pixel = -(-RAYS // size)
    at = ((torch.arange(size * rays_per_pixel) + 0.5) / (size * rays_per_pixel) - 0.5) * FIELD
    depth = optical_depth(patients, labels.float()[:, None, None], at, at, difficulty=difficulty)
    primary = transmitted(depth, rays_per_pixel)
    signal = with_scatter(primary, patients["scatter"], patients["scatter_reach"])
    counts = PHOTONS * (FIELD / size) ** 2 * torch.exp(patients["exposure"]) * signal
    draws = normal(key(seed, Purpose.DATA, NOISE, numbers[:, None]), torch.arange(size * size))
    counts = with_noise(counts, draws.float().view_as(counts))
    return developed(counts, PHOTONS * (FIELD / size) ** 2).unsqueeze(1)


def transmitted(depth: Tensor, rays_per_pixel: int) -> Tensor:
    """exp(-depth) (Beer-Lambert), meaned over each pixel's rays: (N, R, R) to (N, S, S)."""
    return torch.nn.functional.avg_pool2d(torch.exp(-depth), rays_per_pixel)


def with_scatter(primary: Tensor, share: Tensor, reach: Tensor) -> Tensor:
    """The share (N, 1, 1) of the primary (N, S, S) spread by a Gaussian with sd `reach` (N, 1, 1) in cm."""
    at = (torch.arange(primary.shape[-1]) + 0.5) * (FIELD / primary.shape[-1])
    spread = torch.exp(-0.5 * ((at[:, None] - at) / reach).square())
    spread = spread / spread.sum(-1, keepdim=True)
    return (1.0 - share) * primary + share * (spread @ primary @ spread.mT)


def with_noise(counts: Tensor, draws: Tensor) -> Tensor:
    """Poisson noise in its normal approximation, from standard normal `draws`; at least one photon."""
    return (counts + counts.sqrt() * draws).clamp(min=1.0)


def developed(counts: Tensor, open_counts: float) -> Tensor:
    """Grey values uint8, linear in the logarithm of the counts: 0 where the beam is open, 255 where nothing passes."""
    grey = (BLACK - torch.log(counts / open_counts)) / (BLACK - WHITE)
    return (grey.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)
