"""What every image is brought to: a square of 8 bits, grey or RGB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from src.data.images.resize import resized

if TYPE_CHECKING:
    import numpy as np

# Axes: H and W pixels of an image, C channels, S pixels of a side of the result.

Channels = Literal["auto", "grey", "rgb"]
TINT = 16  # of 255: channels of a pixel that differ by more are colour, by less the noise of JPEG


class ColourFound(Exception):  # noqa: N818 - it ends a first try
    """A set of images that was taken for grey has colour."""


@dataclass(frozen=True)
class Form:
    """`auto`: grey, until an image with colour is met, which raises ColourFound."""

    size: int
    fit: str
    channels: Channels

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, S, S)."""
        return 3 if self.channels == "rgb" else 1, self.size, self.size

    def bring(self, image: np.ndarray) -> np.ndarray:
        """`image` (H, W, 1 or 3), numbers in 0 to 255, as uint8 (C, S, S), rounded once."""
        import numpy as np

        return np.rint(self.bring_exactly(image)).clip(0, 255).astype(np.uint8)

    def bring_exactly(self, image: np.ndarray) -> np.ndarray:
        """The same as float64, not rounded."""
        import numpy as np

        square = resized(image, self.size, self.fit)
        if square.shape[2] == 3 and self.channels != "rgb":
            if self.channels == "auto" and bool((np.ptp(square, axis=2) > TINT).any()):
                raise ColourFound
            square = luma(square)
        return np.broadcast_to(np.moveaxis(square, 2, 0), self.shape)


def luma(image: np.ndarray) -> np.ndarray:
    """Grey (H, W, 1) of RGB (H, W, 3): 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), exactly G where all are equal."""
    red, green, blue = (image[..., channel] for channel in range(3))
    return (green + 0.299 * (red - green) + 0.114 * (blue - green))[..., None]


def by_range(values: np.ndarray) -> np.ndarray:
    """Numbers of more than 8 bits as float32 in 0 to 255, by the image's own least and greatest; all black if these are one."""
    import numpy as np

    least, greatest = float(values.min()), float(values.max())
    if not np.isfinite(greatest - least):
        raise ValueError("must have finite pixels, but got NaN or infinity")
    return ((values.astype(np.float32) - least) * (255.0 / (greatest - least or 1.0))).astype(np.float32)
