"""Noise: a normal draw for each pixel."""

from torch import Tensor

from src.data.augmentation.draws import Draw
from src.data.augmentation.pixels import RANGE, Strength, column
from src.randomness import Purpose, fold, key, normal_pairs, unit_keys


def noisy(images: Tensor, rows: Tensor, strength: Strength) -> Tensor:
    """`images` (B, C, H, W) with white noise added, whose sd is `strength` times the range of 255."""
    size = images[0].numel()
    pixels = unit_keys(key(0, Purpose.AUGMENTATION, int(Draw.NOISE)).to(rows.device), -(-size // 2))
    draws = normal_pairs(fold(rows, int(Draw.NOISE)), pixels, images.dtype)[:, :size].view_as(images)
    if isinstance(strength, Tensor):
        return draws.mul_(column(RANGE * strength, images)).add_(images)
    return draws.mul_(RANGE * strength).add_(images)
