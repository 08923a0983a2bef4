"""Brightness, contrast and gamma: what they keep, in closed form, and how far they go."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from src.data.augmentation import Augment
from src.data.augmentation.exposure import exposed, regraded
from tests.data.augmentation.images import IMAGES, MANY, ROWS


def test_brightness_adds_the_same_to_every_pixel_up_to_its_share_of_the_range():
    added = exposed(IMAGES, ROWS, contrast=0.0, brightness=0.1, white=255.0) - IMAGES
    torch.testing.assert_close(added, added[:, :, :1, :1].expand_as(added), rtol=0, atol=1e-9)
    many = exposed(torch.zeros(len(MANY), 1, 1, 1).double(), MANY, contrast=0.0, brightness=0.1, white=255.0).flatten()
    assert -25.5 <= many.min() < -25.4 < 25.4 < many.max() <= 25.5
    assert abs(many.mean()) < 4 * 25.5 / 3**0.5 / len(MANY) ** 0.5


def test_contrast_keeps_the_mean_and_changes_the_sd_up_to_its_share():
    changed = exposed(IMAGES, ROWS, contrast=0.3, brightness=0.0, white=255.0)
    torch.testing.assert_close(changed.mean((1, 2, 3)), IMAGES.mean((1, 2, 3)))
    factor = changed.flatten(1).std(1) / IMAGES.flatten(1).std(1)
    assert 0.7 <= factor.min() < 0.75 < 1.25 < factor.max() <= 1.3


def test_contrast_is_pillows():
    """Which rounds the mean, and every pixel downwards."""
    pixels = (80 + IMAGES / 4).round()
    changed = Augment(contrast=0.3)(pixels, ROWS)
    factors = changed.flatten(1).std(1) / pixels.flatten(1).std(1)
    for image, ours, factor in zip(pixels[:8, 0], changed[:8, 0], factors[:8].tolist(), strict=True):
        theirs = ImageEnhance.Contrast(Image.fromarray(image.byte().numpy())).enhance(factor)
        assert np.abs(np.asarray(theirs) - ours.numpy()).max() <= 1.2


def test_gamma_is_a_power_of_the_share_of_the_range_and_keeps_its_ends():
    image = torch.tensor([0.0, 64.0, 128.0, 255.0], dtype=torch.float64).expand(len(MANY), 1, 1, 4)
    found = regraded(image, MANY, 1.0, white=255.0)
    assert torch.equal(found[..., 0], image[..., 0])
    torch.testing.assert_close(found[..., 3], image[..., 3])
    power = (found[..., 1:3] / 255).log() / (image[..., 1:3] / 255).log()
    torch.testing.assert_close(power[..., 0], power[..., 1])
    of_log = power[:, 0, 0, 0].log2()
    assert -1.0 <= of_log.min() < -0.99 < 0.99 < of_log.max() <= 1.0
    assert abs(of_log.mean()) < 4 / 3**0.5 / len(MANY) ** 0.5


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma", "noise"])
def test_pixels_of_another_range_are_changed_alike(name):
    of_255, of_16 = Augment(**{name: 0.3}), Augment(**{name: 0.3}, white=16.0)
    torch.testing.assert_close(of_16(IMAGES / 255 * 16, ROWS), of_255(IMAGES, ROWS) / 255 * 16)


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma", "noise"])
def test_pixels_stay_in_their_range(name):
    found = Augment(**{name: 1.0})(IMAGES, ROWS)
    assert found.isfinite().all()
    assert 0.0 <= found.min() < found.max() <= 255.0
    assert not torch.equal(found, IMAGES)
