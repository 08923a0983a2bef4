"""Convex solids along a ray: each is an interval, so overlaps of solids are exact. Lengths in cm."""

from collections.abc import Callable

import torch
from torch import Tensor

Interval = tuple[Tensor, Tensor]  # where the ray enters and leaves; empty if it leaves no later than it enters


def ellipsoid(
    x: Tensor, y: Tensor, z: Tensor | float, a: Tensor | float, b: Tensor | float, c: Tensor | float
) -> Interval:
    """Where rays at offsets `x`, `y` from the centre run inside the ellipsoid with semi-axes a, b, c and centre `z`."""
    half = c * torch.sqrt((1.0 - (x / a).square() - (y / b).square()).clamp(min=0.0))
    return z - half, z + half


def overlap(one: Interval, other: Interval) -> Interval:
    return torch.maximum(one[0], other[0]), torch.minimum(one[1], other[1])


def length(interval: Interval) -> Tensor:
    return (interval[1] - interval[0]).clamp(min=0.0)


def aerated(measure: Callable[[Interval], Tensor], lung: Interval, heart: Interval, dome: Interval) -> Tensor:
    """An additive `measure` of the lung less heart and diaphragm, by inclusion and exclusion."""
    in_heart = overlap(lung, heart)
    return measure(lung) - measure(in_heart) - measure(overlap(lung, dome)) + measure(overlap(in_heart, dome))
