"""Which files under a folder are images."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DICOM = (".dcm", ".dicom", ".ima")
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", *DICOM)
MAGIC, AT = b"DICM", 128  # of a DICOM file, behind its preamble
INDEX = "DICOMDIR"  # a DICOM file that lists others


@dataclass(frozen=True)
class Found:
    """`names`: paths of images relative to the root, sorted; `ignored`: how many other files, by kind; `links`: not followed."""

    names: list[str]
    ignored: Counter[str]
    links: list[str]


def find(root: Path) -> Found:
    """All images under `root`, however deep: by their suffix, and DICOM files without one by their first bytes.

    What is in hidden folders is not looked at. A link counts as a file if it leads to one under `root`.
    Raises ValueError if `root` is no folder, OSError where a folder cannot be read.
    """
    if not root.is_dir():
        raise ValueError(f"data.root: must be a folder of images, but got {str(root)!r}.")
    base, names, ignored, links = os.path.realpath(root), list[str](), Counter[str](), list[str]()
    for entry in _entries(str(root)):
        name = Path(entry.path).relative_to(root).as_posix()
        if entry.is_symlink() and not (is_inside(base, entry.path) and entry.is_file()):
            links.append(name)
        elif kind := _kind(entry):
            ignored[kind] += 1
        else:
            names.append(name)
    return Found(sorted(names), ignored, sorted(links))


def is_inside(base: str, path: str | Path) -> bool:
    """Whether `path`, wherever its links lead, lies under the real path `base`."""
    return Path(os.path.realpath(path)).is_relative_to(base)


def is_dicom(name: str, head: bytes) -> bool:
    """Whether a file of this name, which begins with `head`, is to be read as DICOM."""
    return head[AT : AT + len(MAGIC)] == MAGIC or Path(name).suffix.lower() in DICOM


def shown(name: str) -> str:
    """A name that can be printed in one line, whatever bytes it holds."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Everything under `folder` that is no folder, links among it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield entry
            elif not entry.name.startswith("."):
                yield from _entries(entry.path)


def _kind(entry: os.DirEntry[str]) -> str:
    """Of a file that is no image, what it is called; "" of an image."""
    suffix = Path(entry.name).suffix.lower()
    if entry.name.startswith("."):
        return "hidden"
    if not entry.is_file():
        return "no plain file"
    scanned = (not suffix or suffix[1:].isdigit()) and entry.name != INDEX  # IM0001, 1.2.840.113619.2
    if suffix in SUFFIXES or (scanned and _has_magic(entry.path)):
        return ""
    return suffix or "no suffix"


def _has_magic(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return is_dicom("", file.read(AT + len(MAGIC)))
    except OSError:
        return False
