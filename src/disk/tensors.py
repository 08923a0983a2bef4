"""Plain values and tensors in one file with a checksum: torch's format is a ZIP archive, whose CRC-32 torch does not check."""

from pathlib import Path
from typing import Any

import torch

from src.disk.damage import check_archive, read_whole
from src.disk.whole import whole_file


def save_tensors(values: Any, path: Path, *, flush: bool = True) -> None:
    """`values` as the whole file `path`. Raises OSError, say for a full disk."""
    with whole_file(path, flush=flush) as part, part.open("wb") as file:
        try:
            torch.save(values, file)
        except RuntimeError as error:
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def load_tensors(path: Path) -> Any:
    """What `save_tensors` has written, on the CPU: nothing is unpickled. DamagedError, naming the file, unless it is whole."""
    return read_whole(path, _checked)


def _checked(path: Path) -> Any:
    check_archive(path)
    return torch.load(path, weights_only=True, map_location="cpu")
