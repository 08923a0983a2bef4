"""Where a door is asked to write: found out before any work is done for it."""

from collections.abc import Sequence
from pathlib import Path


def check_output(path: Path, endings: Sequence[str] = ()) -> None:
    """Raises ValueError unless a file can be put at `path`, in folders that may be made, with one of these `endings` if any."""
    if endings and path.suffix not in endings:
        raise ValueError(f"output: must be a file named {' or '.join(endings)}, but got {str(path)!r}.")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir() or (path.exists() and not path.is_file()):
        what = "a folder" if path.is_dir() else "a pipe or a device" if path.exists() else f"one below the file {above}"
        raise ValueError(f"output: must be a file to be written, but got {str(path)!r}, which is {what}.")
