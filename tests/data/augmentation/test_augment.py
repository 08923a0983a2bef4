"""What holds for every strength: none changes nothing, alone is as in company, and the order is as told."""

import pytest
import torch

from src.data.augmentation import Augment
from src.data.augmentation.affine import moved
from src.data.augmentation.blur import blurred
from src.data.augmentation.cutout import cut_out
from src.data.augmentation.exposure import exposed, regraded
from src.data.augmentation.noise import noisy
from src.randomness import Purpose, fold, key
from tests.data.augmentation.images import IMAGES, ROWS

NAMES = [name for name in Augment().strengths if name != "mixup"]
STRONG = dict.fromkeys(NAMES, 0.3) | {"rotation": 20.0, "blur": 1.5, "flip": 0.5}
AFFINE = {"shift": 0.2, "rotation": 20.0, "scale": 0.2, "flip": 0.5}


def test_no_strength_changes_nothing():
    assert Augment()(IMAGES, ROWS) is IMAGES
    assert Augment(mixup=0.4)(IMAGES, ROWS) is IMAGES


def test_what_came_later_leaves_every_bit_of_the_affine_part():
    assert torch.equal(Augment(**AFFINE)(IMAGES, ROWS), moved(IMAGES, ROWS, **AFFINE))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_member_has_in_a_stack_what_it_has_alone(name, dtype):
    images = IMAGES.to(dtype)
    strengths = torch.tensor([0.0, STRONG[name] / 3, STRONG[name], 0.0], dtype=torch.float64)
    stacked = Augment(**{name: strengths}).repeated(10)(images, ROWS)
    for member, strength in enumerate(strengths.tolist()):
        part = slice(10 * member, 10 * member + 10)
        alone = Augment(**{name: strength})(images[part], ROWS[part])
        assert torch.equal(stacked[part], alone)
        assert torch.equal(alone, images[part]) == (strength == 0.0)


def test_a_row_is_augmented_alone_as_in_any_company():
    augment, some = Augment(**STRONG), torch.tensor([7, 3, 21])
    whole = augment(IMAGES, ROWS)
    torch.testing.assert_close(augment(IMAGES[some], ROWS[some]), whole[some], rtol=0, atol=1e-9)
    other = augment(IMAGES, fold(key(3, Purpose.AUGMENTATION, 6), torch.arange(40)))
    assert (whole - other).abs().flatten(1).amax(1).min() > 1.0


def test_transforms_follow_one_another_as_told():
    affine = {name: STRONG[name] for name in AFFINE}
    expected = blurred(moved(IMAGES, ROWS, **affine), ROWS, 1.5)
    expected = exposed(regraded(expected, ROWS, 0.3, white=255.0), ROWS, contrast=0.3, brightness=0.3, white=255.0)
    expected = cut_out(noisy(expected, ROWS, 0.3, white=255.0).clamp(0, 255), ROWS, 0.3)
    assert torch.equal(Augment(**STRONG)(IMAGES, ROWS), expected)


def test_draws_for_different_transforms_are_not_correlated():
    """Brightness, contrast, gamma and the first of the affine draws, read off flat images."""
    rows = fold(key(1, Purpose.AUGMENTATION, 0), torch.arange(4000))
    flat = torch.full((4000, 1, 2, 2), 100.0, dtype=torch.float64)
    flat[..., 0] += 20.0
    found = [Augment(**{name: 0.2})(flat, rows) for name in ("brightness", "contrast", "gamma", "noise")]
    values = torch.stack([image[:, 0, 0, 0] for image in found])
    correlations = torch.corrcoef(values) - torch.eye(4, dtype=torch.float64)
    assert correlations.abs().max() < 5 / 4000**0.5
