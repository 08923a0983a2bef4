"""A smooth function of one variable, to be approximated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from src.data.dataset import Dataset, Split
from src.data.source import source
from src.fields import Count, NonNegative, Positive, Seed
from src.memory import check_fits
from src.randomness import Purpose, key, normal, uniform

if TYPE_CHECKING:
    from torch import Tensor

BYTES = 100  # of a point, at most, while it is drawn


@source
def curve(
    *, frequency: Positive, noise: NonNegative, num_train: Count, num_val: Count, num_test: Count, seed: Seed
) -> Dataset:
    """y = sin(pi `frequency` x) of x uniform on [-1, 1], with normal `noise` of that sd; inputs (N, 1)."""
    check_fits("data.num_train", BYTES * (num_train + num_val + num_test))
    train, val, test = (
        _split(frequency, noise, num, key(seed, Purpose.DATA, part))
        for part, num in enumerate((num_train, num_val, num_test))
    )
    described = f"sin({frequency:g} pi x), drawn with seed {seed} and noise {noise:g}"
    return Dataset("curve", described, "regression", train, val, test, simulated=True)


def _split(frequency: float, noise: float, num: int, state: Tensor) -> Split:
    import torch

    rows = torch.arange(num)
    x = 2.0 * uniform(key(0, Purpose.DATA, state, 0), rows) - 1.0
    y = (math.pi * frequency * x).sin() + noise * normal(key(0, Purpose.DATA, state, 1), rows)
    return Split(x.unsqueeze(1).float(), y.float())
