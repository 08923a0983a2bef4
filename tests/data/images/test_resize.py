"""Resizing against the areas that pixels cover."""

import numpy as np
import pytest
from PIL import Image

from src.data.images.form import Form
from src.data.images.resize import FITS, resized
from tests.data.images.pictures import noise


def coverage(size, length, n):
    """How much of pixel j (S, n) part i of a centred window of `length` covers."""
    edges = (n - length) / 2 + length / size * np.arange(size + 1)
    low, high = np.maximum(edges[:-1, None], np.arange(n)), np.minimum(edges[1:, None], np.arange(1, n + 1))
    return np.maximum(high - low, 0) * size / length


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", [(7, 5, 1), (5, 9, 3), (12, 12, 1), (1, 6, 3), (1, 1, 1)])
@pytest.mark.parametrize("size", [1, 4, 5, 13])
def test_resizing_is_the_mean_over_covered_areas(fit, shape, size):
    image, height, width = noise(*shape), *shape[:2]
    lengths = {"pad": [max(height, width)] * 2, "crop": [min(height, width)] * 2, "stretch": [height, width]}[fit]
    rows, columns = coverage(size, lengths[0], height), coverage(size, lengths[1], width)
    expected = np.einsum("ih,hwc,jw->ijc", rows, image.astype(float), columns)
    np.testing.assert_allclose(resized(image, size, fit), expected, atol=1e-9)


def test_an_integer_factor_is_pillows_reduce():
    image = noise(12, 12)
    expected = np.asarray(Image.fromarray(image).reduce(3)).astype(int)
    found = Form(4, "pad", "grey").bring(image[..., None])[0].astype(int)
    assert abs(found - expected).max() <= 1  # halves are rounded another way
