"""Cutout hides a square, wherever its middle falls, by the image's mean."""

import torch

from src.data.augmentation.cutout import cut_out
from tests.data.augmentation.images import IMAGES, MANY, ROWS


def test_what_is_hidden_is_a_rectangle_of_at_most_the_side_filled_by_the_mean():
    found = cut_out(IMAGES, ROWS, 0.5)
    hidden = found != IMAGES
    means = IMAGES.mean((1, 2, 3), keepdim=True).expand_as(IMAGES)
    assert torch.equal(found[hidden], means[hidden])
    for mask in hidden[:, 0]:
        down, across = mask.any(1), mask.any(0)
        assert torch.equal(mask, down.unsqueeze(1) & across)
        for side in (down, across):
            assert 3 <= side.sum() <= 6
            places = side.nonzero().flatten()
            assert len(places) == places[-1] - places[0] + 1


def test_its_middle_is_uniform_so_a_pixel_is_hidden_as_often_as_it_lies_near():
    """Along a side of 10 pixels a square of 0.4: pixel i is hidden where the middle lies within 0.2 of (i + 1/2) / 10."""
    hidden = cut_out(torch.arange(100.0).reshape(10, 10).expand(len(MANY), 1, 10, 10), MANY, 0.4) == 49.5
    middles = (torch.arange(10) + 0.5) / 10
    chance = (middles + 0.2).clamp(max=1) - (middles - 0.2).clamp(min=0)
    expected = chance.unsqueeze(1) * chance
    gap = (hidden.double().mean(0)[0] - expected).abs()
    assert (gap < 5 * (expected * (1 - expected) / len(MANY)).sqrt()).all()
