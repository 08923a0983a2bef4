"""Decoded images on disk, by content: the second start reads no file but its stat.

`<cache>/images/<key>/pixels.npy` holds the pixels of all files in their order; the key is made of the SHA-256 of each, so a copy
elsewhere has the same. Nothing in it names a file.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from src.data.images.arrangement import HELD
from src.data.images.decoder import Decoder, Read, told_of
from src.data.images.form import ColourFound, Form
from src.data.images.known import KnownFiles, short_hash
from src.data.images.parallel import each
from src.data.images.pixel_file import PixelFile, checksum, mapped
from src.disk import write_text

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

OnError = Literal["skip", "raise"]
VERSION = 1  # of how files become pixels: another does not take these
MANY = 256  # files: decoding them takes longer than starting processes
PIXELS, INDEX = "pixels.npy", "index.json"


@dataclass(frozen=True)
class Pixels:
    """`pixels` (N, C, S, S) uint8, a memory map, black in the rows of `faults` (why a file is no image, by place)."""

    pixels: np.ndarray
    form: Form  # with the channels that were found
    faults: Mapping[int, str]
    digests: Sequence[str]  # of the files' contents; "" of one that cannot be read
    folder: Path  # where they are kept


class PixelCache:
    """The images `names` under `root`, brought to `form`; kept in the folder `cache`."""

    def __init__(self, root: Path, names: Sequence[str], form: Form, cache: Path) -> None:
        self.root, self.names, self.form, self.cache = root, names, form, cache / "images"
        self.known = KnownFiles(root, self.cache)

    def read(self, *, on_error: OnError) -> Pixels:
        """From what is kept, else decoded. A file that is no image is a fault, or with `raise` a ValueError that names it.

        Raises OSError where the cache cannot be written.
        """
        from filelock import FileLock

        self.cache.mkdir(parents=True, exist_ok=True)
        own = self.cache / short_hash(
            [os.path.realpath(self.root), asdict(self.form)]
        )  # of this root: one process at a time decodes it
        with FileLock(own.with_suffix(".lock")):
            found = self._kept() or self._made(own.with_suffix(".part"), stop=on_error == "raise")
        if found.faults and on_error == "raise":
            place, fault = next(iter(found.faults.items()))
            raise ValueError(told_of(self.root / self.names[place], fault))
        return found

    def _kept(self) -> Pixels | None:
        """What an earlier start left, if nothing has changed; a file that was no image is tried again."""
        digests = self.known.digests(self.names)
        if digests is None or not (folder := self._folder(digests)).is_dir():
            return None
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            form, faulty = replace(self.form, channels=index["channels"]), list[int](index["faults"])
            pixels = mapped(folder / PIXELS)
            if pixels.shape != (len(self.names), *form.shape):
                raise ValueError("its shape is another")
            if pixels.nbytes <= HELD and checksum(pixels) != index["crc32"]:  # more of them is not read at each start
                raise ValueError("its checksum is another")
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: is damaged (%s) and is made anew.", folder, type(error).__name__)
            shutil.rmtree(folder)
            return None
        faults = {place: Decoder(self.root, form)((place, self.names[place])).fault for place in faulty}
        if not all(faults.values()):  # a codec has been installed, say
            shutil.rmtree(folder)
            return None
        return Pixels(pixels, form, {place: fault or "" for place, fault in faults.items()}, digests, folder)

    def _made(self, part: Path, *, stop: bool) -> Pixels:
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
        part.mkdir()
        try:
            try:
                form, files = self._decoded(part, self.form, stop=stop)
            except ColourFound:
                form, files = self._decoded(part, replace(self.form, channels="rgb"), stop=stop)
            faults = {place: file.fault for place, file in enumerate(files) if file.fault}
            crc = checksum(mapped(part / PIXELS))
            index = {"channels": form.channels, "faults": list(faults), "crc32": crc}
            write_text(part / INDEX, json.dumps(index))
            self.known.learn(self.names, [file.content for file in files])
            digests = [file.content.digest for file in files]
            if not (folder := self._folder(digests)).is_dir():  # else another root with this content was quicker
                part.rename(folder)
            return Pixels(mapped(folder / PIXELS), form, faults, digests, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _decoded(self, part: Path, form: Form, *, stop: bool) -> tuple[Form, list[Read]]:
        """All files, into `part`; the form has the channels that were found."""
        told = f"{self.root.resolve().name}: decoding"
        with PixelFile(part / PIXELS, (len(self.names), *form.shape)) as file:
            work = Decoder(self.root, form, file, stop=stop)
            files = each(work, list(enumerate(self.names)), told=told, processes=len(self.names) >= MANY)
        return replace(form, channels="grey" if form.channels == "auto" else form.channels), files

    def _folder(self, digests: Sequence[str]) -> Path:
        return self.cache / short_hash([VERSION, asdict(self.form), list(digests)])
