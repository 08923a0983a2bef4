"""From a file to its row of pixels."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from src.data.images.decode import decode
from src.data.images.files import is_inside, shown
from src.data.images.form import Form
from src.data.images.known import Content, read_file
from src.data.images.pixel_file import PixelFile


class Read(NamedTuple):
    """A file's content, and why it is no image, if it is none."""

    content: Content
    fault: str | None = None


@dataclass(frozen=True)
class Decoder:
    """Decodes files under `root` into their places of `file`. It can be sent to another process.

    A file that is no image is a fault, or with `stop` a ValueError that names it.
    """

    root: Path
    form: Form
    file: PixelFile | None = None
    stop: bool = False

    def __call__(self, placed: tuple[int, str]) -> Read:
        """The file of a place and a name. Raises OSError if the pixels cannot be written, ColourFound as its form does."""
        place, name = placed
        content = Content()
        try:
            if not is_inside(self._base, self.root / name):
                raise ValueError("must lie under data.root, but got a path that leaves it")
            data, content = read_file(self.root / name)
            pixels = self.form.bring(decode(data, name))
        except (OSError, ValueError, MemoryError) as error:
            fault = f"must be readable, but got: {error.strerror}" if isinstance(error, OSError) else str(error)
            if self.stop:
                raise ValueError(told_of(self.root / name, fault)) from None
            return Read(content, fault or "must fit into memory")
        if self.file is not None:
            self.file.write(place, pixels[None])
        return Read(content)

    @cached_property
    def _base(self) -> str:
        return os.path.realpath(self.root)


def told_of(path: Path, fault: str) -> str:
    """The line that ends a run."""
    return f"{shown(str(path))}: {fault}; data.on_error=skip leaves such files out."
