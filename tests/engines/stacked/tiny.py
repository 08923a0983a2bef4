"""Readers of data small enough to train on dozens of times: one of each task."""

from collections.abc import Callable

import torch

from src.data.dataset import Dataset, Split
from src.data.target_scale import TargetScale

ROWS = {"train": 50, "val": 30, "test": 5}


def images() -> Dataset:
    """Binary, 6 x 6 pixels: a bright corner or none."""
    generator = torch.Generator().manual_seed(1)

    def split(rows: int) -> Split:
        labels = torch.arange(rows) % 2
        pixels = torch.randint(0, 120, (rows, 1, 6, 6), generator=generator)
        pixels[:, 0, :3, :3] += 60 * labels.view(-1, 1, 1)
        return Split(pixels.to(torch.uint8), labels)

    return Dataset("tiny images", "simulated", "binary", **_splits(split), classes=("dark", "bright"), simulated=True)


def classes() -> Dataset:
    """Three classes, 5 features."""
    generator = torch.Generator().manual_seed(2)

    def split(rows: int) -> Split:
        labels = torch.arange(rows) % 3
        centres = torch.eye(3, 5)[labels]
        return Split(centres + 0.8 * torch.randn(rows, 5, generator=generator), labels)

    return Dataset("tiny classes", "simulated", "multiclass", **_splits(split), classes=("a", "b", "c"), simulated=True)


def curve() -> Dataset:
    """A regression, 2 features."""
    generator = torch.Generator().manual_seed(3)

    def split(rows: int) -> Split:
        inputs = torch.randn(rows, 2, generator=generator)
        return Split(inputs, inputs[:, 0] * inputs[:, 1] + 0.1 * torch.randn(rows, generator=generator))

    return Dataset("tiny curve", "simulated", "regression", **_splits(split), simulated=True)


def table() -> Dataset:
    """A regression, a number beside the codes of three kinds; a column is constant."""
    generator = torch.Generator().manual_seed(4)

    def split(rows: int) -> Split:
        number, kind = torch.randn(rows, generator=generator), torch.randint(0, 3, (rows,), generator=generator)
        labels = number * (kind - 1) + 0.1 * torch.randn(rows, generator=generator)
        return Split(torch.stack([number, kind, torch.ones(rows)], dim=1), labels)

    codes = {"cardinalities": (0, 3, 0), "target_scale": TargetScale(mean=5.0, sd=2.0)}
    return Dataset("tiny table", "simulated", "regression", **_splits(split), simulated=True, **codes)


def _splits(split: Callable[[int], Split]) -> dict[str, Split]:
    return {name: split(rows) for name, rows in ROWS.items()}
