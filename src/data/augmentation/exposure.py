"""Exposure: brightness, contrast and gamma, which vary from film to film."""

import torch
from torch import Tensor

from src.data.augmentation.draws import Draw, signed
from src.data.augmentation.pixels import RANGE, Strength, column, mean_of

DARKEST = 1e-6  # of the range: what is darker would have an infinite power


def regraded(images: Tensor, rows: Tensor, strength: Strength) -> Tensor:
    """`images` (B, C, H, W) as 255 (x / 255)^g, with log2 of g uniform within ± `strength`."""
    power = torch.exp2(signed(rows, Draw.GAMMA) * strength) - 1.0
    return images * (images / RANGE).clamp(min=DARKEST) ** column(power, images)  # g = 1 leaves every bit


def exposed(images: Tensor, rows: Tensor, *, contrast: Strength, brightness: Strength) -> Tensor:
    """`images` (B, C, H, W) as m + (1 + c) (x - m) + 255 b about each image's mean m.

    c and b are uniform within ± `contrast` and ± `brightness`.
    """
    change = signed(rows, Draw.CONTRAST) * contrast
    offset = signed(rows, Draw.BRIGHTNESS) * brightness * RANGE - change * mean_of(images)
    return torch.addcmul(column(offset, images), images, column(1.0 + change, images))
