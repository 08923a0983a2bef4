"""Noise: a normal draw for each pixel."""

from torch import Tensor

from src.data.augmentation.draws import Draw
from src.data.augmentation.pixels import Strength, column
from src.randomness import Purpose, fold, key, normal_pairs, unit_keys


def noisy(images: Tensor, rows: Tensor, strength: Strength, *, white: float) -> Tensor:
    """`images` (B, C, H, W) with white noise added, whose sd is `strength` times the value of a white pixel."""
    size = images[0].numel()
    pixels = unit_keys(key(0, Purpose.AUGMENTATION, int(Draw.NOISE)).to(rows.device), -(-size // 2))
    draws = normal_pairs(fold(rows, int(Draw.NOISE)), pixels, images.dtype)[:, :size].view_as(images)
    if isinstance(strength, Tensor):
        return draws.mul_(column(white * strength, images)).add_(images)
    return draws.mul_(white * strength).add_(images)
