"""Bones: attenuation beyond that of the soft tissue around them, integrated along the rays (N, H, W)."""

import torch
from torch import Tensor

from src.data.sources.phantom.patients import Patients
from src.data.sources.phantom.solids import ellipsoid, length

CARTILAGE_END, NUM_RIBS = 0.42, 10  # share of the cage's half-width where the front ribs turn to bone; pairs in view


def spine(p: Patients, x: Tensor, y: Tensor) -> Tensor:
    dx = x - p["spine_bend"] * torch.sin(y / 9.0)
    disc = 0.75 + 0.25 * torch.tanh(3.0 * torch.cos(y * (2.0 * torch.pi / 2.5)) + 2.0)
    body = length(ellipsoid(dx, torch.zeros_like(y), 0.0, 1.9, 1.0, 1.7))
    process = length(ellipsoid(dx, torch.zeros_like(y), 0.0, 0.45, 1.0, 1.2))
    return p["spine_bone"] * (body * disc + process)


def ribs(p: Patients, x: Tensor, y: Tensor) -> Tensor:
    """Curved flat tubes on the wall of the thorax, back and front; each ray asks its nearest rib only."""
    half_width = 13.8 * torch.sqrt((1.0 - ((y - 3.0) / 18.5).square()).clamp(min=0.05))
    u = (x / half_width).abs()
    inside, u = u < 1.0, u.clamp(max=0.985)
    q = torch.sqrt(1.0 - u.square())
    steepness = u / (q * half_width)  # of q(x): the tangent of both arches
    tilt = 0.5 * p["rib_drop"] * steepness
    bone = torch.zeros_like(u)
    for front, fade in ((-1.0, 1.0), (1.0, ((u - CARTILAGE_END) / 0.15).clamp(0.0, 1.0))):
        place = (y - p["rib_start"] - 0.5 * p["rib_drop"] * (1.0 + front * q)) / p["rib_spacing"]
        nearest = place.round()
        offset = (place - nearest) * p["rib_spacing"] / torch.sqrt(1.0 + tilt.square()) / p["rib_height"]
        rho = offset.square()
        shell = torch.sqrt((1.0 - rho).clamp(min=0.0)) - 0.6 * torch.sqrt((0.55 - rho).clamp(min=0.0))
        seen = (nearest >= 0) & (nearest < NUM_RIBS)
        bone = bone + torch.where(seen, shell * fade, 0.0)
    oblique = torch.sqrt(1.0 + (9.0 * steepness).square() / (1.0 + tilt.square())).clamp(max=3.0)
    return torch.where(inside, p["rib_bone"] * 0.9 * oblique * bone, 0.0)


def clavicles(p: Patients, side: Tensor, x: Tensor, y: Tensor) -> Tensor:
    out = x * side
    axis = p["clavicle_y"] - p["clavicle_slope"] * (out - 2.0) - 0.5 * torch.sin((out - 2.0) / 2.5)
    chord = torch.sqrt((1.0 - ((y - axis) / 0.7).square()).clamp(min=0.0))
    return 0.22 * chord * torch.sigmoid((out - 2.0) / 0.3) * torch.sigmoid((15.0 - out) / 0.5)
