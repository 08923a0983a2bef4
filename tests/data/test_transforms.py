"""Standardisation against NumPy, and its rules."""

import numpy as np
import pytest
import torch

from src.data.transforms import Standardize

IMAGES = torch.randint(0, 256, (20, 2, 5, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
AXES = {"features": (0,), "channels": (0, 2, 3), "images": (1, 2, 3)}


@pytest.mark.parametrize("how", AXES)
def test_each_way_is_numpys_mean_and_sd_over_its_axes(how):
    values = IMAGES.numpy().astype(float)
    mean, sd = values.mean(AXES[how], keepdims=True), values.std(AXES[how], keepdims=True)
    found = Standardize.fit(IMAGES, how)(IMAGES)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), (values - mean) / sd, rtol=1e-4, atol=1e-5)


def test_figures_are_those_of_the_fitted_rows_only():
    rows = torch.randn(30, 4)
    scale = Standardize.fit(rows[:10], "features")
    torch.testing.assert_close(scale(rows), (rows - rows[:10].mean(0)) / rows[:10].std(0, correction=0))


def test_exposure_does_not_change_an_image_standardised_by_itself():
    images = IMAGES.double()
    scale = Standardize.fit(images, "images")
    torch.testing.assert_close(scale(images), scale(0.3 * images + 40), rtol=1e-5, atol=1e-5)


def test_a_constant_feature_becomes_zero():
    rows = torch.tensor([[1.0, 7.0], [3.0, 7.0]])
    assert torch.equal(Standardize.fit(rows, "features")(rows), torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))


@pytest.mark.parametrize("how", ["features", "channels"])
def test_many_numbers_are_summed_in_chunks(how, monkeypatch):
    whole = Standardize.fit(IMAGES, how)
    monkeypatch.setattr("src.data.transforms.AT_ONCE", 130)
    chunked = Standardize.fit(IMAGES, how)
    assert chunked.mean.dtype == whole.mean.dtype == torch.float64
    torch.testing.assert_close(chunked.mean, whole.mean, rtol=1e-13, atol=0)
    torch.testing.assert_close(chunked.sd, whole.sd, rtol=1e-13, atol=0)


@pytest.mark.parametrize("how", [*AXES, "none"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_piece_by_piece_gives_the_bits_of_the_whole(how, dtype, monkeypatch):
    images = IMAGES.repeat(10, 1, 4, 4)
    scale = Standardize.fit(images, how)
    monkeypatch.setattr("src.data.transforms.PIECE", 7 * images[0].numel())
    assert torch.equal(scale.of_all(images, dtype), scale(images.to(dtype)))


def test_none_only_changes_the_type():
    assert torch.equal(Standardize.fit(IMAGES, "none")(IMAGES), IMAGES.float())


def test_rules():
    with pytest.raises(
        ValueError, match="data.standardize: must be one of none, features, channels, images, but got 'rows'"
    ):
        Standardize.fit(IMAGES, "rows")
    with pytest.raises(ValueError, match="channels needs images"):
        Standardize.fit(torch.randn(3, 4), "channels")
