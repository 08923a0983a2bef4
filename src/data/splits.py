"""Splits as a pure function of (seed, row), stratified by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.randomness import Purpose, key, permutation

if TYPE_CHECKING:
    from torch import Tensor


def split_rows(
    labels: Tensor, *, val_fraction: float, test_fraction: float, seed: int, stratify: bool
) -> dict[str, Tensor]:
    """Row numbers of train, val and test, in ascending order; with `stratify` each class is divided by itself.

    Raises ValueError unless both fractions lie in (0, 1) and leave rows for train, of every class with `stratify`.
    """
    import torch

    for name, fraction in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
        if not 0 < fraction < 1:
            raise ValueError(f"data.{name}: must lie between 0 and 1, but got {fraction}.")
    if val_fraction + test_fraction >= 1:
        raise ValueError(
            f"data.val_fraction: must leave rows for train, but got {val_fraction} beside {test_fraction}."
        )
    groups = labels.unique() if stratify else [None]
    parts: dict[str, list[Tensor]] = {"train": [], "val": [], "test": []}
    for number, group in enumerate(groups):
        rows = (labels == group).nonzero().squeeze(-1) if stratify else torch.arange(len(labels))
        shuffled = rows[permutation(key(seed, Purpose.SPLIT, number), len(rows))]
        first, second = round(len(rows) * test_fraction), round(len(rows) * (test_fraction + val_fraction))
        if second == len(rows):
            missing = f"class {int(group)}" if group is not None else "the examples"
            raise ValueError(
                f"data.val_fraction: must leave rows for train, but got {val_fraction} beside {test_fraction}, "
                f"which leaves none of {missing}."
            )
        for name, chosen in zip(("test", "val", "train"), shuffled.tensor_split((first, second)), strict=True):
            parts[name].append(chosen)
    return {name: torch.cat(chosen).sort().values for name, chosen in parts.items()}
