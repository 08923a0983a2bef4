"""What is written of a run or a sweep before its data are read: it goes again if these are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from src.runs.beginning import clear, has_begun
from src.runs.owner import owned


@contextmanager
def none_left_if_refused(folder: Path) -> Iterator[None]:
    """What Hydra has written in `folder`, which nobody has claimed yet, goes again if a ValueError ends what is inside."""
    try:
        yield
    except ValueError:
        if not has_begun(folder):
            clear(folder)
        raise


@contextmanager
def none_left(folder: Path) -> Iterator[None]:
    """`folder` is this process's inside; where that ends before anything is recorded there, nothing stays of it."""
    try:
        with owned(folder):
            yield
    finally:
        if not has_begun(folder):
            clear(folder)
