"""The thorax as analytic solids, and the optical depth of rays through it.

Rays run along z, from the back (negative) to the chest (positive). x grows to the image's right, the patient's left; y
grows downwards. Lengths in cm.
"""

import torch
from torch import Tensor

from src.data.sources.phantom.opacities import opacities
from src.data.sources.phantom.patients import Patients
from src.data.sources.phantom.skeleton import clavicles, ribs, spine
from src.data.sources.phantom.solids import Interval, aerated, ellipsoid, length

# Axes: N patients, H rows of rays, W columns of rays; a field is (N, H, W).
TISSUE = 0.19  # 1/cm, soft tissue at about 70 keV
TWO_PI = 6.283185307179586


def optical_depth(patients: Patients, sick: Tensor, x: Tensor, y: Tensor, *, difficulty: float) -> Tensor:
    """Integral of the attenuation along the rays at `x` (W,) and `y` (H,): (N, H, W).

    `sick` (N, 1, 1) is 1 where the patient's opacities are there, else 0.
    """
    p = patients
    x, y = _patient_coordinates(p, x[None, None, :], y[None, :, None])
    side = torch.where(x < 0, -1.0, 1.0)
    lung, heart, dome = _lung(p, side, x, y), _heart(p, x, y), _dome(p, side, x, y)
    air = aerated(length, lung, heart, dome)
    spared = TISSUE - p["lung_density"]
    depth = TISSUE * _soft_tissue(p, side, x, y) - spared * air
    depth = depth + spared * torch.minimum(_vessels(p, side, x, y), 0.5 * air)
    depth = depth + spine(p, x, y) + ribs(p, x, y) + clavicles(p, side, x, y) - TISSUE * _trachea(x, y)
    return depth + sick * spared * opacities(p, side, x, y, lung, heart, dome, difficulty=difficulty)


def _patient_coordinates(p: Patients, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    x, y = (x - p["shift_x"]) / p["scale"], (y - p["shift_y"]) / p["scale"]
    cos, sin = torch.cos(p["rotation"]), torch.sin(p["rotation"])
    return cos * x + sin * y, cos * y - sin * x


def _lung_centre(p: Patients, side: Tensor, y: Tensor) -> Tensor:
    """x of the lung's axis at height `y`: the tops lean towards the midline, the left lung is the narrower."""
    return side * (p["lung_width"] + 1.7 + p["lung_tilt"] * (y - 1.0))


def _lung(p: Patients, side: Tensor, x: Tensor, y: Tensor) -> Interval:
    width = p["lung_width"] * (1.0 - 0.03 * side)
    return ellipsoid(x - _lung_centre(p, side, y), y - 1.0, -0.5, width, p["lung_height"], p["lung_depth"])


def _heart(p: Patients, x: Tensor, y: Tensor) -> Interval:
    dx, dy = x - p["heart_x"], y - 4.2
    cos, sin = torch.cos(p["heart_angle"]), torch.sin(p["heart_angle"])
    size = p["heart"]
    return ellipsoid(cos * dx + sin * dy, cos * dy - sin * dx, 2.5, 6.6 * size, 4.9 * size, 4.8 * size)


def _dome(p: Patients, side: Tensor, x: Tensor, y: Tensor) -> Interval:
    top = p["dome_right"] + torch.where(side > 0, p["dome_step"], 0.0)
    # Below its centre the dome goes on as a cylinder: the abdomen fills the rest of the picture.
    return ellipsoid(x - 6.2 * side, (y - top - 9.0).clamp(max=0.0), 1.0, 8.5, 9.0, 11.5)


def _soft_tissue(p: Patients, side: Tensor, x: Tensor, y: Tensor) -> Tensor:
    # A flat-fronted section (fourth power across) that narrows to the neck.
    across = (x / p["half_width"]).square() + 0.25 * ((y - 4.0) / 16.0).clamp(max=0.0).square()
    body = 2.0 * p["half_depth"] * torch.sqrt((1.0 - across.square()).clamp(min=0.0))
    breast = ellipsoid(x - 8.5 * side, y - p["breast_y"], 0.0, 6.5, 5.5, p["breast"].clamp(min=0.0))
    return body + 0.5 * length(breast)


def _trachea(x: Tensor, y: Tensor) -> Tensor:
    tube = length(ellipsoid(x - 0.3, torch.zeros_like(y), 0.0, 0.95, 1.0, 0.95))
    return tube * torch.sigmoid((-3.5 - y) / 0.4)


def _vessels(p: Patients, side: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Three families of tapering tubes that spread from the hilum; each ray asks the nearest of a family."""
    dx, dy = side * x - 3.6, y - 0.5
    reach = torch.sqrt(dx.square() + dy.square() + 0.05)
    angle = torch.atan2(dy, dx) + p["vessel_curl"] * torch.sin(0.45 * reach + 2.0 * side)
    total = 1.6 * p["hilum"] * torch.exp(-0.5 * (dx.square() + (0.5 * dy).square()))
    radius = p["vessels"] * torch.exp(-reach / 7.0)
    for branches, start in ((7, 0.5), (12, 3.0), (19, 5.5)):
        place = angle * (branches / TWO_PI) + p["vessel_phase"] * branches * (1.0 + 0.13 * side)
        nearest = place.round()
        offset = (place - nearest) * (TWO_PI / branches) * reach
        own = radius * (0.7 + 0.3 * torch.cos(2.3 * nearest)) * torch.sigmoid((reach - start) * 2.0)
        total = total + 2.0 * torch.sqrt((own.square() - offset.square()).clamp(min=0.0))
    return total
