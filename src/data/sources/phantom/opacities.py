"""Opacities of the sick: soft-edged, textured balls of denser tissue inside the aerated lung."""

import math

import torch
from torch import Tensor

from src.data.sources.phantom.patients import NUM_OPACITIES, Patients
from src.data.sources.phantom.solids import Interval, aerated

PRESENCE = (1.0, 0.5, 0.3)  # probability of each opacity
OTHER_SIDE = 0.15  # probability that an opacity lies in the other lung than the first


def opacities(
    p: Patients,
    side: Tensor,
    x: Tensor,
    y: Tensor,
    lung: Interval,
    heart: Interval,
    dome: Interval,
    *,
    difficulty: float,
) -> Tensor:
    """Path through filled lung in cm, (N, H, W): 1 cm of it attenuates as soft tissue does where there was lung.

    A ball fills the share min(1, s / difficulty) of the air at its centre, falling off as a Gaussian; its integral along
    the ray is a difference of error functions, cut to the lung less heart and diaphragm.
    """
    strength = p["strength"].clamp(min=0.0)
    total = torch.zeros_like(x)
    for number in range(NUM_OPACITIES):
        own = {name.removesuffix(f"_{number}"): value for name, value in p.items() if name.endswith(f"_{number}")}
        lung_side = torch.where(p["side"] < 0.5, -1.0, 1.0) * torch.where(own["other_side"] < OTHER_SIDE, -1.0, 1.0)
        dx, dy, z = x - _centre_x(p, own, lung_side), y - _centre_y(p, own), own["depth"] * p["lung_depth"]
        extent = own["extent"]
        across = torch.exp(-0.5 * ((dx * own["stretch"]).square() + (dy / own["stretch"]).square()) / extent.square())
        across = torch.where(side == lung_side, across * _texture(own, dx, dy), 0.0)

        def along(interval: Interval, z: Tensor = z, extent: Tensor = extent) -> Tensor:
            low, high = interval
            high = torch.maximum(low, high)
            inverse = math.sqrt(0.5) / extent
            return math.sqrt(math.pi / 2) * extent * (torch.erf((high - z) * inverse) - torch.erf((low - z) * inverse))

        filled = (own["present"] < PRESENCE[number]) * (strength * own["share"] / difficulty).clamp(max=1.0)
        total = total + filled * across * aerated(along, lung, heart, dome)
    # Where balls overlap, no more air can be replaced than there is.
    return torch.minimum(total, aerated(_length, lung, heart, dome))


def _length(interval: Interval) -> Tensor:
    return (interval[1] - interval[0]).clamp(min=0.0)


def _centre_y(p: Patients, own: Patients) -> Tensor:
    """Between the top of the lung and the diaphragm."""
    top, bottom = -0.7 * p["lung_height"], p["dome_right"]
    return 0.5 * (top + bottom) + 0.5 * (bottom - top) * own["radius"].sqrt() * torch.sin(own["angle"])


def _centre_x(p: Patients, own: Patients, lung_side: Tensor) -> Tensor:
    reach = own["radius"].sqrt() * torch.cos(own["angle"])
    return lung_side * (p["lung_width"] + 1.9) + 0.75 * p["lung_width"] * reach


def _texture(own: Patients, dx: Tensor, dy: Tensor) -> Tensor:
    """Mottled between 0.4 and 1: air left between filled parts."""
    one = torch.sin(own["wave_x"] * dx + own["wave_y"] * dy + own["wave_phase"])
    other = torch.sin(own["wave_y"] * dx - 1.3 * own["wave_x"] * dy + 2.0 * own["wave_phase"])
    return 0.7 + 0.15 * (one + other)
