"""Files that are not what was written."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Content = TypeVar("Content")


class DamagedError(ValueError):
    """A file of ours that is cut, zeroed, changed or something else; its text names the file."""


def read_whole(path: Path, read: Callable[[Path], Content]) -> Content:
    """What `read` makes of `path`; DamagedError, with what is wrong, if that is not what was written. Raises OSError."""
    try:
        return read(path)
    except (MemoryError, DamagedError):
        raise
    except Exception as error:  # whatever a damaged file makes of its reader
        if isinstance(error, OSError) and error.filename:  # it could not be opened
            raise
        raise DamagedError(f"{path}: must be whole, but got {_seen(path, error)}.") from error


def check_archive(path: Path) -> None:
    """Raises BadZipFile unless every part of a ZIP archive has its CRC-32: NumPy's and torch's files are such."""
    with zipfile.ZipFile(path) as archive:
        if part := archive.testzip():
            raise zipfile.BadZipFile(f"the checksum of {part} is another")


def _seen(path: Path, error: Exception) -> str:
    content = path.read_bytes()[: 2**20] if path.is_file() else b"?"
    if not content.strip(b"\0"):
        return f"{path.stat().st_size} zero bytes" if content else "an empty file"
    reason = " ".join(str(error).split())[:120].rstrip(".")
    return f"damaged content ({type(error).__name__}: {reason})"
