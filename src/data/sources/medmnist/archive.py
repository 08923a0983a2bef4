"""Arrays out of an .npz archive that nobody vouches for: nothing is unpickled, and no more is read than the file holds."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from src.disk import check_plain

# What zipfile and numpy raise over damaged, encrypted or foreign archives; RuntimeError covers NotImplementedError.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, MemoryError)
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_arrays(file: Path, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays called `wanted`, read whole into memory that is taken once: a truncated file fails here.

    The sizes that the archive's directory and the arrays' headers state are compared with each other and with the memory
    at hand before any is read. Raises ValueError or OSError in one line that names the file.
    """
    check_plain(file)
    with file.open("rb") as opened:  # a folder, a missing or an unreadable file: OSError that names it
        if not zipfile.is_zipfile(opened):
            raise ValueError(f"{file}: must be a whole .npz archive, but got a file that is none or is cut short.")
        opened.seek(0)
        try:
            with zipfile.ZipFile(opened) as archive:
                there = [key for key in wanted if f"{key}.npy" in archive.namelist()]
                _check_memory(sum(_checked_size(archive, key) for key in there))
                arrays = {key: _array(archive, key) for key in there}
        except UNREADABLE as error:
            reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
            raise ValueError(f"{file}: must be a whole .npz archive of plain arrays, but got: {reason}.") from error
    if missing := [key for key in wanted if key not in arrays]:
        raise ValueError(f"{file}: must hold the arrays {', '.join(wanted)}, but got none named {', '.join(missing)}.")
    return arrays


def _checked_size(archive: zipfile.ZipFile, key: str) -> int:
    """Bytes of an array, which must be those that its header asks for."""
    with archive.open(f"{key}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        if version not in HEADERS:
            raise ValueError(f"{key} in version {'.'.join(map(str, version))} of .npy")
        shape, _, dtype = HEADERS[version](stream)
        stated = archive.getinfo(f"{key}.npy").file_size - stream.tell()
    if dtype.hasobject:
        raise ValueError(f"{key} of Python objects")
    asked = math.prod(shape) * dtype.itemsize
    if asked != stated:
        raise ValueError(f"{key} of {stated} bytes, where its header, {shape} {dtype}, asks for {asked}")
    return asked


def _check_memory(size: int) -> None:
    at_hand = psutil.virtual_memory().available
    if size > at_hand:
        raise ValueError(f"{size / 1e9:.1f} GB, where {at_hand / 1e9:.1f} GB of memory are at hand")


def _array(archive: zipfile.ZipFile, key: str) -> np.ndarray:
    with archive.open(f"{key}.npy") as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False), order="C")
