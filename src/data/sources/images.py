"""Images of a user's own: a folder of PNG, JPEG, TIFF, BMP, WebP or DICOM files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from src.data.dataset import Dataset, Split
from src.data.images.cache import OnError
from src.data.images.form import Channels
from src.data.images.resize import FITS
from src.data.source import source
from src.data.splits import PARTS, Known, SplitSettings, split_rows
from src.fields import Count, Distinct, OptionalPlace, Pattern, Place, name_in
from src.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor

    from src.data.images.cache import Pixels
    from src.data.images.labelled import Labelled

Columns = Annotated[list[str], Distinct]
NAMED = 10  # files that are no images


@source
def images(
    *,
    root: OptionalPlace,
    table: OptionalPlace,
    file: str,
    target: str,
    task: Task | None,
    positive: str | None,
    size: Count,
    fit: Annotated[str, name_in(FITS)],
    channels: Channels,
    on_error: OnError,
    group_pattern: Pattern | None,
    slices: Columns,
    cache: Place,
    **splits: Unpack[SplitSettings],
) -> Dataset:
    """A folder of images or DICOM files, labelled by their folders or by a table, uint8 (N, C, size, size).

    Raises ValueError or OSError for the first fault, naming the file.
    """
    import torch

    from src.data.images.cache import PixelCache
    from src.data.images.form import Form
    from src.data.images.labelled import by_folder, by_table
    from src.data.preprocessing.images import Images

    base = _root(root, table, slices)
    files = by_folder(base) if table is None else by_table(base, Path(table), file, target, slices)
    found = PixelCache(base, files.names, Form(size, fit, channels), Path(cache)).read(on_error=on_error)
    places = [place for place in range(len(files.names)) if place not in found.faults]
    kept = files.only(places)
    wanted = kept.target(task=task, positive=positive)
    known = Known(wanted.strata, groups=_groups(kept.names, group_pattern), given=kept.given)
    rows = split_rows(len(kept.names), splits, known)
    labels, scale = wanted.outputs(rows["train"])
    parts = _parts(found, torch.tensor(places), labels, kept, rows, known)
    told = f"{base.resolve().name}, {len(kept.names)} images, {size}x{size} {found.form.channels}"
    sizes = ", ".join(f"{part} {len(split)}" for part, split in parts.items())
    digests = [found.digests[place] for place in places]
    dataset = Dataset(
        "images",
        told,
        wanted.task,
        parts["train"],
        parts["val"],
        parts["test"],
        classes=wanted.classes,
        target_scale=scale,
        preprocessor=Images(found.form, wanted.classes, file, target),
        description="; ".join(text for text in (told, wanted.told, sizes, kept.ignored) if text),
        warnings=(*kept.left_out, *_skipped(base, files.names, found)),
        content=_digest(
            wanted.task,
            wanted.classes,
            scale,
            found.form,
            digests,
            labels.tolist(),
            [rows[part].tolist() for part in PARTS],
        ),
    )
    of_splits = {part: torch.tensor(places)[rows[part]] for part in PARTS}
    return replace(
        dataset, warnings=(*dataset.warnings, *_leaks(dataset, found, of_splits, known, rows, group_pattern))
    )


def _leaks(
    dataset: Dataset,
    found: Pixels,
    places: Mapping[str, Tensor],
    known: Known,
    rows: Mapping[str, Tensor],
    group_pattern: str | None,
) -> Iterator[str]:
    from src.data.duplicates import image_duplicates
    from src.data.images.fingerprint import kept_fingerprints
    from src.data.leaks import group_leaks

    prints = kept_fingerprints(found.pixels, found.folder)
    yield from image_duplicates(dataset, *(prints[places[part]] for part in PARTS))
    if known.groups is not None:
        yield from group_leaks(known.groups, rows, f"data.group_pattern={group_pattern}")


def _root(root: str | None, table: str | None, slices: Sequence[str]) -> Path:
    if root is None and table is None:
        raise ValueError("data.root: must be a folder of images, but got null.")
    if slices and table is None:
        raise ValueError(f"data.slices: must be columns of data.table, but got {slices} without one.")
    base = Path(root) if root is not None else Path(str(table)).parent
    if not base.is_dir():
        raise ValueError(f"data.root: must be a folder of images, but got {str(base)!r}.")
    return base


def _groups(names: Sequence[str], pattern: str | None) -> list[str] | None:
    """What the pattern finds in each path: its first group, or all that it matches."""
    if pattern is None:
        return None
    found = [re.search(pattern, name) for name in names]
    if None in found:
        name = names[found.index(None)]
        raise ValueError(f"data.group_pattern: must be found in each path, but {pattern!r} is not in {name!r}.")
    return [match[1 if match.re.groups else 0] or "" for match in found if match]


def _parts(
    found: Pixels, places: Tensor, labels: Tensor, kept: Labelled, rows: Mapping[str, Tensor], known: Known
) -> dict[str, Split]:
    """The splits; `places` of the images that are `kept`, and have `labels`, among all pixels."""
    from src.data.images.arrangement import arranged
    from src.data.images.files import shown

    pixels = arranged(found.pixels, {part: places[of_part] for part, of_part in rows.items()}, found.folder)
    splits = {}
    for part, of_part in rows.items():
        of_split = kept.only(of_part.tolist())
        called = [shown(name) for name in of_split.names]
        splits[part] = Split(pixels[part], labels[of_part], called, of_split.slices, known.groups_of(of_part))
    return splits


def _skipped(base: Path, names: Sequence[str], found: Pixels) -> list[str]:
    """A line for each of the first files that are no images, and how many these are."""
    from src.data.images.files import shown

    if not found.faults:
        return []
    lines = [f"{shown(str(base / names[place]))}: {fault}; left out." for place, fault in found.faults.items()]
    return [*lines[:NAMED], f"{base}: {len(lines)} of {len(names)} files are no images and are left out."]


def _digest(*decides: Any) -> str:
    """SHA-256 of all that decides what training and evaluation see."""
    return hashlib.sha256(repr(decides).encode()).hexdigest()
