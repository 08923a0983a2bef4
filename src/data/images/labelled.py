"""Which label each image has: by the folder that it lies in, or by a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

import numpy as np

from src.data.images.files import Found, find, shown
from src.data.labels import number_of, text_of
from src.data.splits import CALLED
from src.data.target import Target, target_of

if TYPE_CHECKING:
    from src.data.tables.files import Table


@dataclass(frozen=True)
class Labelled:
    """N images: paths relative to a root, labels as texts, the split of each where folders give it; and what was left out.

    `of`: what the labels are of, as an error begins. `are_folders`: they are names of folders, and so of classes.
    """

    names: list[str]
    labels: list[str]
    of: str
    are_folders: bool
    given: list[str] | None = None
    left_out: Sequence[str] = ()  # a line each
    ignored: str = ""  # files that are no images, counted by kind
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by column of the table, each image's group

    def only(self, places: Sequence[int]) -> Self:
        """Those images alone."""
        names, labels = ([column[place] for place in places] for column in (self.names, self.labels))
        given = self.given and [self.given[place] for place in places]
        slices = {name: [groups[place] for place in places] for name, groups in self.slices.items()}
        return replace(self, names=names, labels=labels, given=given, slices=slices)

    def target(self, *, task: str | None, positive: str | None) -> Target:
        """What the labels tell; ValueError where they cannot be what is asked."""
        if self.are_folders and task is None:
            task = "binary" if len(set(self.labels)) == 2 else "multiclass"
        values = np.array([number_of(label) for label in self.labels])
        wrong = [label if nan else None for label, nan in zip(self.labels, np.isnan(values).tolist(), strict=True)]
        return target_of(self.labels, values, wrong, of=self.of, task=task, positive=positive)


def by_folder(root: Path) -> Labelled:
    """`train/<class>/...`, `val/...` and `test/...`, or `<class>/...`, however deep below; other images are left out.

    Raises ValueError where no folder of a class holds an image.
    """
    found = find(root)
    places = {name: place for name in found.names if (place := place_of(name))}
    if has_splits := any(split == "train" for split, _ in places.values()):
        places = {name: place for name, place in places.items() if place[0]}
    else:
        places = {name: ("", PurePosixPath(name).parts[0]) for name in found.names if "/" in name}
    if not places:
        raise ValueError(
            f"{root}: must hold images in a folder for each class, but got {len(found.names)} images outside of one"
            f"{_told(found.ignored, ' and ')}."
        )
    names = list(places)
    without = [name for name in found.names if name not in places]
    given = [places[name][0] for name in names] if has_splits else None
    labels = [shown(places[name][1]) for name in names]
    left_out = [*_left_out(root, found, without), *_empty(root, found.names, places)]
    return Labelled(names, labels, f"{root}: its folders", True, given, left_out, _told(found.ignored))


def place_of(name: str) -> tuple[str, str] | None:
    """The split ("" for none) and the class that the folders of a path name; None if it lies in no folder of a class."""
    *folders, _ = PurePosixPath(name).parts
    split = CALLED.get(folders[0].lower(), "") if folders else ""
    classes = folders[1:] if split else folders
    return (split, classes[0]) if classes else None


def by_table(root: Path, table: Path, file: str, target: str, slices: Sequence[str]) -> Labelled:
    """The images that the column `file` of a table names, relative to `root`, with the labels in `target`, groups in `slices`.

    Raises ValueError, naming the row from 1, for a path that comes twice and a label that is missing.
    """
    from src.data.tables.slices import slices_of

    found = read_table(table)
    frame = found.frame
    for key, column in (("file", file), ("target", target), *(("slices", name) for name in slices)):
        if column not in frame.columns:
            columns = ", ".join(map(str, frame.columns))
            raise ValueError(f"data.{key}: must be a column of {table}, one of {columns}, but got {column!r}.")
    names = [PurePosixPath(text).as_posix() for text in frame[file].fillna("").astype(str)]
    rows: dict[str, int] = {}
    for row, (name, label) in enumerate(zip(names, frame[target].isna(), strict=True), start=1):
        if name == "." or label:
            raise ValueError(f"{table}: row {row} must have {file} and {target}, but got {name!r} without one.")
        if rows.setdefault(name, row) != row:
            raise ValueError(f"{table}: each path must stand once, but got {name!r} in rows {rows[name]} and {row}.")
    if not names:
        raise ValueError(f"{table}: must name at least one image, but got no rows.")
    labels = [text_of(label) for label in frame[target]]
    of, groups = f"{table}: column {target!r}", slices_of(frame, slices, found.decimal or ".")
    return Labelled([_below(root, name) for name in names], labels, of, are_folders=False, slices=groups)


def read_table(path: Path) -> Table:
    """A table as it stands, its first row names: nothing but an empty cell is missing."""
    from src.data.tables import files

    found = files.read_table(path, files.Format())
    return replace(found, frame=found.frame.replace({"": None}))


def _below(root: Path, name: str) -> str:
    """A path relative to `root`, where it is one below it."""
    path = Path(name)
    return path.relative_to(root.absolute()).as_posix() if path.is_relative_to(root.absolute()) else name


def _left_out(root: Path, found: Found, without: Sequence[str]) -> list[str]:
    """Lines that name what is an image, or a link to one, and is not taken."""
    told = []
    for names, why in ((found.links, "links that leave it, or to folders"), (without, "images outside of a class")):
        if names:
            first = ", ".join(shown(name) for name in names[:3])
            told.append(f"{root}: {len(names)} {why}, left out: {first}{', ...' if len(names) > 3 else ''}.")
    return told


def _empty(root: Path, names: Sequence[str], places: Mapping[str, tuple[str, str]]) -> list[str]:
    """A line that names the folders beside those of the classes that hold no image; a class of none is no class."""
    beside = {PurePosixPath(name).parts[0] if split else "." for name, (split, _) in places.items()}
    folders = [path for one in sorted(beside) for path in sorted((root / one).iterdir())]
    below = [path.relative_to(root).as_posix() for path in folders if path.is_dir() and not path.name.startswith(".")]
    empty = [folder for folder in below if not any(name.startswith(f"{folder}/") for name in names)]
    first = ", ".join(map(shown, empty[:3]))
    return [f"{root}: {len(empty)} folders without an image are no classes: {first}."] if empty else []


def _told(ignored: Counter[str], before: str = "") -> str:
    """Files that are no images, by kind; "" for none."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in ignored.most_common(5))
    return f"{before}{ignored.total()} other files ({kinds})" if ignored else ""
