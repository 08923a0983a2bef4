"""Files that can be read from end to end, and again."""

from pathlib import Path


def check_plain(path: Path) -> None:
    """Raises ValueError for a pipe or a device, for whose end a reader might wait for ever."""
    if not path.is_file() and path.exists() and not path.is_dir():
        raise ValueError(f"{path}: must be a plain file, but got a pipe or a device.")
