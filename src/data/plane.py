"""Problems in the plane: what one unit can separate, and what it cannot."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.randomness import Purpose, key, normal, uniform

# Corners (0, 0), (0, 1), (1, 0), (1, 1).
GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0)}
SPLITS = ("train", "val", "test")

# (rows, state of their draws) -> points (N, 2), labels (N,)
Place = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def gate(*, kind: str, noise: float, num_train: int, num_val: int, num_test: int, seed: int) -> Dataset:
    """The corners of the unit square with the value of a logical gate, `noise` the sd of points about their corner.

    AND and OR can be separated by a line, XOR cannot (Minsky and Papert 1969).
    """
    if kind not in GATES:
        raise ValueError(f"data.kind: must be one of {', '.join(GATES)}, but got {kind!r}.")

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        corner = rows % 4
        return torch.stack([corner // 2, corner % 2], 1).double(), torch.tensor(GATES[kind])[corner]

    return _dataset("gate", f"logical {kind}", place, noise, (num_train, num_val, num_test), seed)


def blobs(
    *, distance: float, shift: float, noise: float, num_train: int, num_val: int, num_test: int, seed: int
) -> Dataset:
    """Two Gaussian blobs on the diagonal, `distance` apart, their middle `shift` from the origin in each coordinate."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        labels = rows % 2
        along = shift + (labels - 0.5) * distance / math.sqrt(2.0)
        return torch.stack([along, along], 1).double(), labels

    return _dataset("blobs", f"two blobs, middle at {shift:g}", place, noise, (num_train, num_val, num_test), seed)


def moons(*, noise: float, num_train: int, num_val: int, num_test: int, seed: int) -> Dataset:
    """Two half circles that reach into each other."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        labels, angle = rows % 2, math.pi * uniform(state, rows)
        side = 1.0 - 2.0 * labels
        return torch.stack([labels + side * angle.cos(), 0.5 * labels + side * angle.sin()], 1), labels

    return _dataset("moons", "two half moons", place, noise, (num_train, num_val, num_test), seed)


def spirals(*, turns: float, noise: float, num_train: int, num_val: int, num_test: int, seed: int) -> Dataset:
    """Two spirals of `turns` turns about the origin, one opposite the other (Lang and Witbrock 1988)."""

    def place(rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        labels, radius = rows % 2, 0.1 + 0.9 * uniform(state, rows).sqrt()
        angle = 2.0 * math.pi * turns * radius + math.pi * labels
        return radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], 1), labels

    return _dataset("spirals", f"two spirals of {turns:g} turns", place, noise, (num_train, num_val, num_test), seed)


def _dataset(name: str, what: str, place: Place, noise: float, nums: tuple[int, int, int], seed: int) -> Dataset:
    """Points as `place` puts them, moved by `noise` times a normal draw; each is a function of (seed, split, row)."""
    train, val, test = (_split(place, noise, num, key(seed, Purpose.DATA, part)) for part, num in enumerate(nums))
    source = f"{what}, drawn with seed {seed} and noise {noise:g}"
    return Dataset(name, source, "binary", train, val, test, classes=("0", "1"), simulated=True)


def _split(place: Place, noise: float, num: int, state: Tensor) -> Split:
    points, labels = place(torch.arange(num), key(0, Purpose.DATA, state, 0))
    moved = points + noise * normal(key(0, Purpose.DATA, state, 1), torch.arange(2 * num)).view(num, 2)
    return Split(moved.float(), labels)
