"""Problems in the plane: what one unit can separate, and what it cannot."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from src.choices import chosen
from src.data.dataset import Dataset, Split
from src.data.source import source
from src.fields import Count, Finite, NonNegative, Positive, Seed, Share, name_in
from src.memory import check_fits
from src.randomness import Purpose, key, normal, uniform

if TYPE_CHECKING:
    from torch import Tensor

# Corners (0, 0), (0, 1), (1, 0), (1, 1).
GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0)}
BYTES = 100  # of a point, at most, while it is drawn
SPLITS = ("train", "val", "test")

# (rows, state of their draws) -> points (N, 2), labels (N,)
Place = Callable[["Tensor", "Tensor"], "tuple[Tensor, Tensor]"]


@source
def gate(
    *,
    kind: Annotated[str, name_in(GATES)],
    noise: NonNegative,
    num_train: Count,
    num_val: Count,
    num_test: Count,
    seed: Seed,
) -> Dataset:
    """The corners of the unit square with the value of a logical gate, `noise` the sd of points about their corner.

    AND and OR can be separated by a line, XOR cannot (Minsky and Papert 1969).
    """
    values = chosen("data.kind", GATES, kind)

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        corner = rows % 4
        return torch.stack([corner // 2, corner % 2], 1).double(), torch.tensor(values)[corner]

    return _dataset("gate", f"logical {kind}", place, noise, (num_train, num_val, num_test), seed)


@source
def blobs(
    *,
    distance: Positive,
    shift: Finite,
    noise: NonNegative,
    num_train: Count,
    num_val: Count,
    num_test: Count,
    seed: Seed,
) -> Dataset:
    """Two Gaussian blobs on the diagonal, `distance` apart, their middle `shift` from the origin in each coordinate."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        labels = rows % 2
        along = shift + (labels - 0.5) * distance / math.sqrt(2.0)
        return torch.stack([along, along], 1).double(), labels

    return _dataset("blobs", f"two blobs, middle at {shift:g}", place, noise, (num_train, num_val, num_test), seed)


@source
def circles(
    *, factor: Share, noise: NonNegative, num_train: Count, num_val: Count, num_test: Count, seed: Seed
) -> Dataset:
    """A circle of radius 1 about the origin and, with label 1, one of radius `factor` within it."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        labels, angle = rows % 2, 2.0 * math.pi * uniform(state, rows)
        radius = 1.0 - (1.0 - factor) * labels
        return radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], 1), labels

    described = f"a circle within another, of {factor:g} times its radius"
    return _dataset("circles", described, place, noise, (num_train, num_val, num_test), seed)


@source
def moons(*, noise: NonNegative, num_train: Count, num_val: Count, num_test: Count, seed: Seed) -> Dataset:
    """Two half circles that reach into each other."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        labels, angle = rows % 2, math.pi * uniform(state, rows)
        side = 1.0 - 2.0 * labels
        return torch.stack([labels + side * angle.cos(), 0.5 * labels + side * angle.sin()], 1), labels

    return _dataset("moons", "two half moons", place, noise, (num_train, num_val, num_test), seed)


@source
def spirals(
    *, turns: Positive, noise: NonNegative, num_train: Count, num_val: Count, num_test: Count, seed: Seed
) -> Dataset:
    """Two spirals of `turns` turns about the origin, one opposite the other (Lang and Witbrock 1988)."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        labels, radius = rows % 2, 0.1 + 0.9 * uniform(state, rows).sqrt()
        angle = 2.0 * math.pi * turns * radius + math.pi * labels
        return radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], 1), labels

    return _dataset("spirals", f"two spirals of {turns:g} turns", place, noise, (num_train, num_val, num_test), seed)


def _dataset(name: str, what: str, place: Place, noise: float, nums: tuple[int, int, int], seed: int) -> Dataset:
    """Points as `place` puts them, moved by `noise` times a normal draw; each is a function of (seed, split, row)."""
    check_fits("data.num_train", BYTES * sum(nums))
    train, val, test = (_split(place, noise, num, key(seed, Purpose.DATA, part)) for part, num in enumerate(nums))
    described = f"{what}, drawn with seed {seed} and noise {noise:g}"
    return Dataset(name, described, "binary", train, val, test, classes=("0", "1"), simulated=True)


def _split(place: Place, noise: float, num: int, state: Tensor) -> Split:
    import torch

    points, labels = place(torch.arange(num), key(0, Purpose.DATA, state, 0))
    moved = points + noise * normal(key(0, Purpose.DATA, state, 1), torch.arange(2 * num)).view(num, 2)
    return Split(moved.float(), labels)
