"""What Hydra writes of a run or a sweep before its data are read: it goes again if these are refused."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from src.runs.files import IDENTITY

OF_HYDRA = ("multirun.yaml", "train.log", ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml")


@contextmanager
def none_left(folder: Path) -> Iterator[None]:
    """Where what happens inside ends before a run is recorded in `folder`, or of a sweep in one below, Hydra's files go."""
    try:
        yield
    finally:
        if not any(place.is_file() for pattern in (IDENTITY, f"*/{IDENTITY}") for place in folder.glob(pattern)):
            for one in [*filter(Path.is_dir, folder.glob("[0-9]*")), folder]:
                _clear(one)


def _clear(folder: Path) -> None:
    """Of Hydra's files alone; what else is there stays, and the folder with it."""
    for name in OF_HYDRA:
        (folder / name).unlink(missing_ok=True)
    for place in (folder / ".hydra", folder):
        with suppress(OSError):
            place.rmdir()
