"""Exposure: brightness, contrast and gamma, which vary from film to film."""

import torch
from torch import Tensor

from src.data.augmentation.draws import Draw, signed
from src.data.augmentation.pixels import Strength, column, mean_of

DARKEST = 1e-6  # of white: what is darker would have an infinite power


def regraded(images: Tensor, rows: Tensor, strength: Strength, *, white: float) -> Tensor:
    """`images` (B, C, H, W) as w (x / w)^g, w being `white`, with log2 of g uniform within ± `strength`."""
    power = torch.exp2(signed(rows, Draw.GAMMA) * strength) - 1.0
    return images * (images / white).clamp(min=DARKEST) ** column(power, images)  # g = 1 leaves every bit


def exposed(images: Tensor, rows: Tensor, *, contrast: Strength, brightness: Strength, white: float) -> Tensor:
    """`images` (B, C, H, W) as m + (1 + c) (x - m) + b w about each image's mean m, w being `white`.

    c and b are uniform within ± `contrast` and ± `brightness`.
    """
    change = signed(rows, Draw.CONTRAST) * contrast
    offset = signed(rows, Draw.BRIGHTNESS) * brightness * white - change * mean_of(images)
    return torch.addcmul(column(offset, images), images, column(1.0 + change, images))
