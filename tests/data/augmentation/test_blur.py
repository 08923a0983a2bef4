"""Blur is SciPy's Gaussian filter, with a width for each image."""

import torch
from scipy.ndimage import gaussian_filter

from src.data.augmentation.blur import blurred
from src.data.augmentation.draws import Draw
from src.randomness import uniform
from tests.data.augmentation.images import IMAGES, ROWS


def test_each_image_is_filtered_as_scipy_does():
    colour = torch.cat((IMAGES, IMAGES.flip(-1), IMAGES[..., :9].repeat(1, 1, 1, 2)[..., :12]), 1)
    found, widths = blurred(colour, ROWS, 2.5), uniform(ROWS, int(Draw.BLUR)) * 2.5
    assert widths.min() < 0.2 < 2.2 < widths.max() < 2.5
    for image, ours, sd in zip(colour, found, widths.tolist(), strict=True):
        for channel, of_channel in zip(image, ours, strict=True):
            theirs = torch.from_numpy(gaussian_filter(channel.numpy(), sd, mode="nearest"))
            torch.testing.assert_close(of_channel, theirs, rtol=0, atol=1e-9)


def test_images_need_not_be_square_nor_larger_than_the_filter():
    image = torch.rand(1, 1, 3, 7, dtype=torch.float64)
    theirs = gaussian_filter(image[0, 0].numpy(), float(uniform(ROWS[:1], int(Draw.BLUR))) * 4, mode="nearest")
    torch.testing.assert_close(blurred(image, ROWS[:1], 4.0)[0, 0], torch.from_numpy(theirs), rtol=0, atol=1e-9)
