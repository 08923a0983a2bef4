"""Where engines commit a run on its way, each in a file of its own, which the others cannot read; and how often."""

import time
from pathlib import Path

from src.runs.files import CHECKPOINT

COMMITS = {"single": CHECKPOINT, "native": "member.ckpt"}  # in the run's folder
SECONDS = 10.0  # between two commits at least; and of the time
SHARE = 0.02  # no more than this may go into them


class Pace:
    """Says when something that costs time is due again."""

    def __init__(self) -> None:
        self._due = time.perf_counter() + SECONDS

    def is_due(self) -> bool:
        return time.perf_counter() >= self._due

    def took(self, seconds: float) -> None:
        """It was done, for so long."""
        self._due = time.perf_counter() + max(SECONDS, seconds / SHARE)


def check_commit(folder: Path, engine: str) -> None:
    """Raises ValueError if another engine than `engine` has begun the run in `folder`, which would begin anew."""
    if not (folder / COMMITS[engine]).is_file():
        for other, name in COMMITS.items():
            if (folder / name).is_file():
                raise ValueError(f"engine: must be {other} for {folder}, which that has begun, but got {engine}.")
