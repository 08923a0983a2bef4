"""Pixels of many images in one .npy file, written by place from several threads and read as a memory map."""

from __future__ import annotations

import os
import zlib
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**24  # bytes at once


class PixelFile:
    """A new .npy file of uint8 (N, C, S, S). Rows that are not written are black.

    It can be sent to another process, which then writes too. Written by `pwrite`: a full disk is an OSError that names the
    file, where a map would kill the process.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        from math import prod

        from numpy.lib import format as npy

        self.path, self.row = path, prod(shape[1:])
        with path.open("wb") as file:
            npy.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
            self.begin = file.tell()
            file.truncate(self.begin + shape[0] * self.row)

    @cached_property
    def _file(self) -> int:
        return os.open(self.path, os.O_WRONLY)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_file"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                os.fsync(self._file)
        finally:
            os.close(self._file)

    def write(self, place: int, rows: np.ndarray) -> None:
        """`rows` (M, C, S, S), the first of them at `place`."""
        import numpy as np

        data, at = memoryview(np.ascontiguousarray(rows).reshape(-1).data), self.begin + place * self.row
        try:
            while data:
                written = os.pwrite(self._file, data, at)
                data, at = data[written:], at + written
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None


def checksum(pixels: np.ndarray) -> int:
    """CRC-32 of the pixels: 1 GB/s."""
    flat, crc = pixels.reshape(-1), 0
    for first in range(0, len(flat), CHUNK):
        crc = zlib.crc32(flat[first : first + CHUNK].data, crc)
    return crc


def mapped(path: Path) -> np.ndarray:
    """The pixels of a whole file, read where they are touched; what is written to them stays in memory.

    Raises OSError or ValueError where the file is damaged.
    """
    from numpy.lib import format as npy

    return npy.open_memmap(path, mode="c")
