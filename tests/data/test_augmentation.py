"""One affine resampling: its limits in closed form, its draws a function of (seed, epoch, row)."""

import pytest
import torch
from torch.func import vmap

from src.data.augmentation import Augment
from src.randomness import Purpose, fold, key

IMAGES = torch.rand(40, 1, 12, 12, generator=torch.Generator().manual_seed(0))
ROWS = fold(key(3, Purpose.AUGMENTATION, 5), torch.arange(40))


class Fixed(Augment):
    """An augmentation whose map is known."""

    matrix: tuple[tuple[float, float, float], ...]

    def matrices(self, rows):
        return torch.tensor(self.matrix).expand(len(rows), 2, 3)


def fixed(*matrix):
    augment = Fixed()
    object.__setattr__(augment, "matrix", matrix)
    return augment(IMAGES, ROWS)


def test_no_strength_changes_nothing():
    torch.testing.assert_close(Augment()(IMAGES, ROWS), IMAGES, rtol=0, atol=1e-5)


def test_a_shift_by_whole_pixels_a_quarter_turn_and_a_flip_are_torchs():
    two_pixels = 2 * 2 / 12  # the side is 2 long
    torch.testing.assert_close(fixed((1, 0, two_pixels), (0, 1, 0))[..., :-2], IMAGES[..., 2:], rtol=0, atol=1e-5)
    torch.testing.assert_close(fixed((0, -1, 0), (1, 0, 0)), IMAGES.rot90(1, (2, 3)), rtol=0, atol=1e-5)
    torch.testing.assert_close(Augment(flip=1.0)(IMAGES, ROWS), IMAGES.flip(-1), rtol=0, atol=1e-5)


def test_edges_are_extended():
    moved = fixed((1, 0, 1.0), (0, 1, 0))
    torch.testing.assert_close(moved[..., -5:], IMAGES[..., -1:].expand(40, 1, 12, 5), rtol=0, atol=1e-5)


def test_draws_keep_within_their_strengths_and_fill_them():
    rows = fold(key(0, Purpose.AUGMENTATION, 0), torch.arange(20_000))
    shift = Augment(shift=0.1).matrices(rows)[:, :, 2] / 2
    assert shift.abs().max() <= 0.1
    assert shift.min() < -0.099 < 0.099 < shift.max()
    turned = Augment(rotation=30.0).matrices(rows)
    angle = torch.atan2(turned[:, 1, 0], turned[:, 0, 0]).rad2deg()
    assert angle.abs().max() <= 30
    assert angle.min() < -29.9 < 29.9 < angle.max()
    zoom = torch.linalg.det(Augment(scale=0.2).matrices(rows)[:, :, :2]).sqrt()
    assert 0.8 <= zoom.min() < 0.801 < 1.199 < zoom.max() <= 1.2
    mirrored = (Augment(flip=0.3).matrices(rows)[:, 0, 0] < 0).double().mean()
    assert abs(mirrored - 0.3) < 4 * (0.3 * 0.7 / 20_000) ** 0.5


def test_a_row_is_augmented_alone_as_in_any_company():
    augment = Augment(shift=0.2, rotation=20.0, scale=0.2, flip=0.5)
    whole = augment(IMAGES, ROWS)
    some = torch.tensor([7, 3, 21])
    torch.testing.assert_close(augment(IMAGES[some], ROWS[some]), whole[some], rtol=0, atol=1e-6)
    other = augment(IMAGES, fold(key(3, Purpose.AUGMENTATION, 6), torch.arange(40)))
    assert (whole - other).abs().flatten(1).amax(1).min() > 0.01


@pytest.mark.parametrize("name", ["shift", "rotation", "scale", "flip"])
def test_members_of_a_stack_have_their_own_strength(name):
    strengths = torch.tensor([0.0, 0.1, 0.5], dtype=torch.float64)
    stacked = vmap(lambda strength: Augment(**{name: strength}).matrices(ROWS))(strengths)
    alone = torch.stack([Augment(**{name: float(strength)}).matrices(ROWS) for strength in strengths])
    torch.testing.assert_close(stacked, alone)
