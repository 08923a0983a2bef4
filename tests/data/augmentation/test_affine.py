"""One affine resampling: its limits in closed form, its draws a function of (seed, epoch, row)."""

import pytest
import torch
from torch.func import vmap

from src.data.augmentation import Augment, affine
from src.data.augmentation.affine import matrices
from tests.data.augmentation.images import IMAGES, MANY, ROWS

OFF = {"shift": 0.0, "rotation": 0.0, "scale": 0.0, "flip": 0.0}


@pytest.fixture
def fixed(monkeypatch):
    """A resampling whose map is known."""

    def resampled(*matrix):
        known = torch.tensor(matrix).expand(len(ROWS), 2, 3)
        monkeypatch.setattr(affine, "matrices", lambda rows, **strengths: known)
        return affine.moved(IMAGES, ROWS, **OFF)

    return resampled


def test_a_shift_by_whole_pixels_a_quarter_turn_and_a_flip_are_torchs(fixed):
    assert_close = torch.testing.assert_close
    two_pixels = 2 * 2 / 12  # the side is 2 long
    assert_close(Augment(flip=1.0)(IMAGES, ROWS), IMAGES.flip(-1), rtol=0, atol=1e-9)
    assert_close(fixed((1, 0, 0), (0, 1, 0)), IMAGES, rtol=0, atol=1e-9)
    assert_close(fixed((1, 0, two_pixels), (0, 1, 0))[..., :-2], IMAGES[..., 2:], rtol=0, atol=1e-3)
    assert_close(fixed((0, -1, 0), (1, 0, 0)), IMAGES.rot90(1, (2, 3)), rtol=0, atol=1e-9)


def test_edges_are_extended(fixed):
    shifted = fixed((1, 0, 1.0), (0, 1, 0))
    torch.testing.assert_close(shifted[..., -5:], IMAGES[..., -1:].expand(40, 1, 12, 5), rtol=0, atol=1e-9)


def test_draws_keep_within_their_strengths_and_fill_them():
    shift = matrices(MANY, **OFF | {"shift": 0.1})[:, :, 2] / 2
    assert shift.abs().max() <= 0.1
    assert shift.min() < -0.099 < 0.099 < shift.max()
    turned = matrices(MANY, **OFF | {"rotation": 30.0})
    angle = torch.atan2(turned[:, 1, 0], turned[:, 0, 0]).rad2deg()
    assert angle.abs().max() <= 30
    assert angle.min() < -29.9 < 29.9 < angle.max()
    zoom = torch.linalg.det(matrices(MANY, **OFF | {"scale": 0.2})[:, :, :2]).sqrt()
    assert 0.8 <= zoom.min() < 0.801 < 1.199 < zoom.max() <= 1.2
    mirrored = (matrices(MANY, **OFF | {"flip": 0.3})[:, 0, 0] < 0).double().mean()
    assert abs(mirrored - 0.3) < 4 * (0.3 * 0.7 / 20_000) ** 0.5


@pytest.mark.parametrize("name", OFF)
def test_members_of_a_stack_have_their_own_strength(name):
    strengths = torch.tensor([0.0, 0.1, 0.5], dtype=torch.float64)
    stacked = vmap(lambda strength: matrices(ROWS, **OFF | {name: strength}))(strengths)
    alone = torch.stack([matrices(ROWS, **OFF | {name: float(strength)}) for strength in strengths])
    torch.testing.assert_close(stacked, alone)
