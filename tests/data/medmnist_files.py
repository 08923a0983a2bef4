"""Small files as MedMNIST has them."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from src.data.dataset import Dataset
from src.data.sources.medmnist import medmnist
from src.data.sources.medmnist.content import PARTS
from src.data.sources.medmnist.sets import SETS

Arrays = dict[str, np.ndarray]


def small(size: int = 28, examples: int = 6, *, channels: int = 1, classes: int = 2) -> Arrays:
    """Random images, and labels that go round the classes, under the keys of MedMNIST."""
    draw, shape = np.random.default_rng(0), (examples, size, size, channels)[: 3 if channels == 1 else 4]
    arrays: Arrays = {}
    for part in PARTS:
        arrays[f"{part}_images"] = draw.integers(0, 256, shape, dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(examples, dtype=np.uint8) % classes).reshape(-1, 1)
    return arrays


def of_set(name: str) -> Arrays:
    """A small file of one of MedMNIST's sets; where images have several labels, the first image has the first."""
    entry = SETS[name]
    arrays = small(examples=80, channels=entry.channels, classes=len(entry.classes))
    if entry.task == "multi-label":
        every = np.eye(80, len(entry.classes), dtype=np.uint8)
        arrays |= {f"{part}_labels": every for part in PARTS}
    return arrays


def packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub takes them for `allow_pickle`
    return buffer.getvalue()


def written(folder: Path, name: str, arrays: Arrays) -> Path:
    (folder / name).write_bytes(packed(arrays))
    return folder / name


def read(file: Path, **given: Any) -> Dataset:
    unused = {"url": "http://127.0.0.1:9/unused", "md5": "unused", "cache": "unused"}
    return medmnist(
        path=str(file), **{"name": None, "classes": None, "positive": None, "label": None, **unused, **given}
    )
