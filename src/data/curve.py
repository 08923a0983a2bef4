"""A smooth function of one variable, to be approximated."""

import math

import torch

from src.data.dataset import Dataset, Split
from src.randomness import Purpose, key, normal, uniform


def curve(*, frequency: float, noise: float, num_train: int, num_val: int, num_test: int, seed: int) -> Dataset:
    """y = sin(pi `frequency` x) of x uniform on [-1, 1], with normal `noise` of that sd; inputs (N, 1)."""
    train, val, test = (
        _split(frequency, noise, num, key(seed, Purpose.DATA, part))
        for part, num in enumerate((num_train, num_val, num_test))
    )
    source = f"sin({frequency:g} pi x), drawn with seed {seed} and noise {noise:g}"
    return Dataset("curve", source, "regression", train, val, test, simulated=True)


def _split(frequency: float, noise: float, num: int, state: torch.Tensor) -> Split:
    rows = torch.arange(num)
    x = 2.0 * uniform(key(0, Purpose.DATA, state, 0), rows) - 1.0
    y = torch.sin(math.pi * frequency * x) + noise * normal(key(0, Purpose.DATA, state, 1), rows)
    return Split(x.unsqueeze(1).float(), y.float())
