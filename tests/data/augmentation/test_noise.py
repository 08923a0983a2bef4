"""Noise is normal, white, and of the sd that was asked for."""

import pytest
import torch
from scipy import stats

from src.data.augmentation.noise import noisy
from tests.data.augmentation.images import MANY


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_is_standard_normal_times_its_sd(dtype):
    images = torch.zeros(400, 1, 15, 15, dtype=dtype)  # an odd number of pixels
    draws = noisy(images, MANY[:400], 0.1, white=255.0).double().flatten() / 25.5
    assert stats.kstest(draws.numpy(), "norm").pvalue > 1e-3
    assert draws.abs().max() > 4.0


def test_pixels_images_and_halves_of_a_draw_are_independent():
    draws = noisy(torch.zeros(1000, 1, 4, 4, dtype=torch.float64), MANY[:1000], 1.0, white=1.0).flatten(1)
    largest = 5 / 1000**0.5
    for values in (draws, draws**2):  # the two of a pair share their radius, unless they are normal
        assert (torch.corrcoef(values.T) - torch.eye(16)).abs().max() < largest
        assert abs(torch.corrcoef(torch.stack((values[1:, 0], values[:-1, 0])))[0, 1]) < largest
