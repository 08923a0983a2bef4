"""Three splits of simulated patients, made once and kept."""

import hashlib
import json
import logging
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor

from src.data.dataset import Dataset, Split
from src.data.sources.phantom.patients import draw_labels
from src.data.sources.phantom.radiograph import RAYS, radiographs
from src.disk import whole_file
from src.memory import check_fits

log = logging.getLogger(__name__)

FORMAT = 2  # of the cached file and of the simulation: raise it when either changes
SPLITS = ("train", "val", "test")
FIRST_NUMBER = 2**32  # patient number of row r of split s is s * 2**32 + r: a longer train leaves val and test alone
RAYS_AT_ONCE = 100_000  # about 400 kB a field: larger chunks fall out of the cache


def read(size: int, numbers: dict[str, int], prevalence: float, difficulty: float, seed: int, cache: Path) -> Dataset:
    """As `phantom` says, with the number of patients of each split."""
    _check(size, numbers, prevalence, difficulty, seed)
    check_fits("data.num_train", 2 * size**2 * sum(numbers.values()))  # beside the pixels what is stored of them
    made_from = {
        "format": FORMAT, "size": size, **numbers, "prevalence": prevalence, "difficulty": difficulty, "seed": seed
    }  # fmt: skip
    name = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]
    path = cache / f"phantom-{name}.npz"
    arrays = _cached(path, size, numbers)
    if arrays is None:
        arrays = {}
        with _told(sum(numbers.values()), size, cache) as advance:
            for place, (part, num) in enumerate(numbers.items()):
                labels = draw_labels(seed, place, num, prevalence)
                arrays[f"{part}_labels"] = labels
                arrays[f"{part}_images"] = _images(seed, place * FIRST_NUMBER, labels, size, difficulty, advance)
        _store(path, arrays)
    train, val, test = (Split(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in SPLITS)
    source = f"simulated chest radiographs, {size}x{size}, difficulty {difficulty:g}, seed {seed}: no real patients"
    return Dataset("phantom", source, "binary", train, val, test, classes=("healthy", "sick"), simulated=True)


def _check(size: int, numbers: dict[str, int], prevalence: float, difficulty: float, seed: int) -> None:
    if not 28 <= size <= 224:
        raise ValueError(f"data.size: must lie in 28 to 224, but got {size}.")
    if not 0.0 < prevalence < 1.0:
        raise ValueError(f"data.prevalence: must lie between 0 and 1, but got {prevalence}.")
    if not (difficulty > 0.0 and math.isfinite(difficulty)):
        raise ValueError(f"data.difficulty: must be positive and finite, but got {difficulty}.")
    if not 0 <= seed < 2**63:
        raise ValueError(f"data.seed: must lie in 0 to 2**63 - 1, but got {seed}.")
    for part, num in numbers.items():
        if not 2 <= num < FIRST_NUMBER:
            raise ValueError(f"data.num_{part}: must be at least 2, but got {num}.")
        if not 0 < round(num * prevalence) < num:
            raise ValueError(
                f"data.num_{part}: must leave both healthy and sick at prevalence {prevalence}, but got {num}."
            )


@contextmanager
def _told(films: int, size: int, cache: Path) -> Iterator[Callable[[int], None]]:
    """Tell on stderr that so many films are made: a bar that the callable advances, or a line where there is no terminal."""
    console = Console(stderr=True, markup=False, emoji=False)
    columns = TextColumn("simulating chest X-rays"), MofNCompleteColumn(), BarColumn(bar_width=16), TimeElapsedColumn()
    ends = TextColumn("ETA"), TimeRemainingColumn()
    if not console.is_terminal:
        console.print(
            f"simulating {films:,} chest X-rays, {size}x{size}; the next run finds them in {cache}", soft_wrap=True
        )
    with Progress(*columns, *ends, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield partial(bar.advance, bar.add_task("", total=films))


def _images(
    seed: int, first: int, labels: Tensor, size: int, difficulty: float, advance: Callable[[int], None]
) -> Tensor:
    """Films of the patients from number `first` on, in whole chunks: the same bits however many are wanted."""
    at_once = max(1, RAYS_AT_ONCE // max(size, RAYS) ** 2)
    films = torch.empty(len(labels), 1, size, size, dtype=torch.uint8)
    for start in range(0, len(labels), at_once):
        wanted = labels[start : start + at_once]
        sick = torch.nn.functional.pad(wanted, (0, at_once - len(wanted)))
        made = radiographs(seed, first + start + torch.arange(at_once), sick, size=size, difficulty=difficulty)
        films[start : start + at_once] = made[: len(wanted)]
        advance(len(wanted))
    return films


def _cached(path: Path, size: int, numbers: dict[str, int]) -> dict[str, Tensor] | None:
    """What `path` holds, or None where there is nothing whole: then it is made again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: torch.from_numpy(stored[name]) for name in stored.files}
        for part, num in numbers.items():
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
            if (images.dtype, labels.dtype) != (torch.uint8, torch.int64):
                return None
            if images.shape != (num, 1, size, size) or labels.shape != (num,):
                return None
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        log.warning("%s: is damaged (%s) and is made anew.", path, type(error).__name__)
        return None
    return arrays


def _store(path: Path, arrays: dict[str, Tensor]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, shared=True) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **{name: array.numpy() for name, array in arrays.items()})
    except OSError as error:
        raise ValueError(
            f"data.cache: must be a folder that can be written, but got {path.parent} ({error})."
        ) from error
