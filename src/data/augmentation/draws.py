"""What each draw of an image is for: its number among the draws of the image's key. A number is never given again."""

from enum import IntEnum

from torch import Tensor

from src.randomness import uniform


class Draw(IntEnum):
    """0 to 4 are the affine map's."""

    BRIGHTNESS = 5
    CONTRAST = 6
    GAMMA = 7
    BLUR = 8
    NOISE = 9
    CUTOUT_DOWN = 10
    CUTOUT_ACROSS = 11
    PARTNER = 12
    SHARE = 13
    SHARE_ANGLE = 14


def signed(rows: Tensor, draw: Draw) -> Tensor:
    """Uniform float64 draws (B,) in [-1, 1) from the keys of `rows` (B,)."""
    return 2.0 * uniform(rows, int(draw)) - 1.0
