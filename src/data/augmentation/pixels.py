"""Images as augmentation sees them: floats (B, C, H, W) from 0, black, to the value of a white pixel."""

from torch import Tensor

Strength = float | Tensor  # the same for all, or one for each image (B,)


def is_on(*strengths: Strength) -> bool:
    """Whether any may change an image. Tensors count as on: to look into them a GPU would have to be waited for."""
    return any(isinstance(strength, Tensor) or strength != 0.0 for strength in strengths)


def column(values: Tensor, images: Tensor) -> Tensor:
    """A value for each image (B,) as (B, 1, 1, 1), in the type of `images`."""
    return values.to(images).view(-1, 1, 1, 1)


def mean_of(images: Tensor) -> Tensor:
    """Each image's mean over channels and pixels (B,)."""
    return images.mean((1, 2, 3))
