"""Where engines commit a run on its way: each has a file of its own, which the others cannot read."""

from pathlib import Path

from src.runs.files import CHECKPOINT

COMMITS = {"single": CHECKPOINT, "native": "member.ckpt"}  # in the run's folder


def check_commit(folder: Path, engine: str) -> None:
    """Raises ValueError if another engine than `engine` has begun the run in `folder`, which would begin anew."""
    if not (folder / COMMITS[engine]).is_file():
        for other, name in COMMITS.items():
            if (folder / name).is_file():
                raise ValueError(f"engine: must be {other} for {folder}, which that has begun, but got {engine}.")
