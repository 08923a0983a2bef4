"""From a file of MedMNIST to a dataset: which set it is, and what its labels mean."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from src.choices import one_of
from src.data.dataset import Dataset, Split
from src.data.sources.medmnist.content import MOST_LABELS, PARTS, Content, read_content
from src.data.sources.medmnist.sets import SETS, MedSet, which_set


def read(
    file: Path,
    name: str | None,
    classes: Sequence[str] | None,
    positive: str | int | None,
    label: str | int | None,
) -> Dataset:
    """As `medmnist` says."""
    content = read_content(file)
    sha256, md5 = _digests(file)
    name = which_set(file, name, md5=md5, counts=content.counts)
    known = SETS[name] if name else None
    if known and content.kind != known.kind:
        raise ValueError(
            f"{file}: must hold {known.kind}, as {known.title} does, but got {content.kind}; data.name says which set it is."
        )
    names = _class_names(known, content, file, classes)
    title = name or file.stem
    origin = known.source if known else f"{file.name}, in the format of MedMNIST, of no known set or licence"
    source = f"{origin}, SHA-256 {sha256[:12]}"
    if content.is_multilabel:
        column = _place("data.label", label, names)
        content, names = _of_one_label(content, column), (f"no {names[column]}", names[column])
        title, source = f"{title}-{names[1]}", f"{source}, label {names[1]}"
    elif label is not None:
        raise ValueError(f"data.label: must be null where an image has one label, but got {label!r}.")
    if len(names) == 2:
        sick = known.sick if known else 1
        place = sick if positive is None else _place("data.positive", positive, names)
        return _binary(title, source, content, names, place)
    if positive is not None:
        raise ValueError(f"data.positive: must be null for {len(names)} classes, but got {positive!r}.")
    train, val, test = (Split(content.images[part], content.labels[part][:, 0]) for part in PARTS)
    return Dataset(title, source, "multiclass", train, val, test, classes=names)


def _binary(title: str, source: str, content: Content, names: tuple[str, ...], positive: int) -> Dataset:
    """Class 1 is what the file calls `positive`, 0 or 1; other labels stay, for the dataset to refuse."""
    labels = {part: split[:, 0] if positive else 1 - split[:, 0] for part, split in content.labels.items()}
    train, val, test = (Split(content.images[part], labels[part]) for part in PARTS)
    return Dataset(title, source, "binary", train, val, test, classes=(names[1 - positive], names[positive]))


def _of_one_label(content: Content, column: int) -> Content:
    return replace(content, labels={part: split[:, column : column + 1] for part, split in content.labels.items()})


def _digests(file: Path) -> tuple[str, str]:
    """SHA-256 and MD5 of the file."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        opened.seek(0)
        return sha256, hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _class_names(known: MedSet | None, content: Content, file: Path, classes: Sequence[str] | None) -> tuple[str, ...]:
    """By the order of the file's labels: those given, else the set's, else numbers."""
    if classes is None and known:
        return known.classes
    num = content.num_classes
    if num > MOST_LABELS:
        raise ValueError(f"{file}: labels must lie in 0 to {MOST_LABELS - 1}, but got up to {num - 1}.")
    if classes is None:
        return tuple(str(number) for number in range(num))
    if not len(classes) == len(set(classes)) == num:
        raise ValueError(f"data.classes: must be {num} names, one for each label in {file}, but got {list(classes)}.")
    return tuple(classes)


def _place(key: str, wanted: str | int | None, names: Sequence[str]) -> int:
    """The place among `names` of one of them, or of its number."""
    if str(wanted) in names:
        return names.index(str(wanted))
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return wanted
    raise ValueError(f"{key}: {one_of(names)} or its number, but got {'nothing' if wanted is None else repr(wanted)}.")
