"""Images as models take them in."""

from collections.abc import Sequence

from torch import Tensor

# Axes: B rows, C channels, H and W of an image, P of a patch, S patches.


def image_size(input_shape: Sequence[int]) -> tuple[int, int, int]:
    """Channels, height and width; ValueError if inputs are no images."""
    if len(input_shape) != 3:
        raise ValueError(
            f"model: must be given images, channels x height x width, but got inputs of shape {tuple(input_shape)}."
        )
    channels, height, width = input_shape
    return channels, height, width


def patches(images: Tensor, size: int) -> Tensor:
    """Images (B, C, H, W) as their patches, row by row: (B, S, C P P), with P = `size`, S = H W / P²."""
    rows, columns = images.shape[-2] // size, images.shape[-1] // size
    cut = images.unflatten(3, (columns, size)).unflatten(2, (rows, size))  # (B, C, H / P, P, W / P, P)
    return cut.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
