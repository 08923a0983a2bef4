"""Another source's data, modified as a claim needs them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from src.data.dataset import Dataset, Split
from src.data.reading import read_dataset
from src.data.source import source as data_source
from src.fields import OTHER_SOURCE, Count, Seed
from src.randomness import Purpose, integers, key, permutation, uniform

if TYPE_CHECKING:
    from torch import Tensor


@data_source
def modified(
    *,
    source: Annotated[dict[str, Any], OTHER_SOURCE],
    num_train: Count | None,
    label_noise: Annotated[float, Field(ge=0, le=1)],
    val_from: Literal["train", "val", "test"],
    seed: Seed,
) -> Dataset:
    """Another source with fewer rows of train, noisy labels, or another split held out.

    `source` is a reader with its arguments, of whose train split `num_train` rows are taken (None: all), drawn by `seed`.
    `label_noise`: the share of train's labels that are drawn anew, uniform over the classes. `val_from` names the split
    that stands as val: "val", "test" (a curve of test losses beside that of val, which training never sees), or
    "train" (nothing is held out). Raises ValueError where an argument does not fit the source.
    """
    data = read_dataset(source)
    if val_from not in ("train", "val", "test"):
        raise ValueError(f"data.val_from: must be train, val or test, but got {val_from!r}.")
    if num_train is not None and not 1 <= num_train <= len(data.train):
        raise ValueError(f"data.num_train: must lie in 1 to {len(data.train)}, but got {num_train}.")
    if not 0.0 <= label_noise <= 1.0 or (label_noise and data.task == "regression"):
        raise ValueError(f"data.label_noise: must lie in 0 to 1 and be 0 for a regression, but got {label_noise}.")
    rows = permutation(key(seed, Purpose.DATA, 0), len(data.train))[:num_train]
    train = Split(data.train.inputs[rows], _noisy(data.train.labels[rows], len(data.classes), label_noise, seed))
    of = {"train": train, "val": data.val, "test": data.test}
    decides = [data.content, num_train, label_noise, val_from, seed]
    content = data.content and hashlib.sha256(repr(decides).encode()).hexdigest()
    told = f"{data.source}; {len(train)} rows of train, label noise {label_noise:g}, {val_from} held out"
    return replace(data, source=told, train=train, val=of[val_from], content=content, warnings=())


def _noisy(labels: Tensor, num_classes: int, share: float, seed: int) -> Tensor:
    if share == 0.0:
        return labels
    import torch

    rows = torch.arange(len(labels))
    drawn = integers(key(seed, Purpose.DATA, 1), rows, num_classes)
    return torch.where(uniform(key(seed, Purpose.DATA, 2), rows) < share, drawn, labels)
