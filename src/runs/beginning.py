"""What a start leaves in the folder of a run or a sweep, in its order, and whether one has begun there."""

from pathlib import Path

from src.runs.files import (
    CONFIG,
    ENVIRONMENT,
    HYDRAS,
    IDENTITY,
    JOURNAL,
    LOG,
    MULTIRUN,
    OWNER,
    STATE,
    SWEEP,
)

UNCLAIMED = {HYDRAS, LOG}  # by Hydra, before the folder is claimed
NOTHING_YET = {*UNCLAIMED, MULTIRUN, OWNER, IDENTITY, ENVIRONMENT, STATE, f"{JOURNAL}.lock"}  # by what has not begun
MARKS = {*NOTHING_YET, CONFIG, JOURNAL}
OF_SWEEP = {MULTIRUN, SWEEP, JOURNAL}


def is_marked(folder: Path) -> bool:
    """Whether a start has left something in `folder`, if only in part."""
    return any((folder / name).exists() for name in MARKS)


def held(folder: Path) -> str | None:
    """What `folder` is that of: a run, a sweep or nothing."""
    if any((folder / name).is_file() for name in OF_SWEEP):
        return "sweep"
    return "run" if all((folder / name).is_file() for name in (CONFIG, IDENTITY)) else None


def has_begun(folder: Path) -> bool:
    """Whether a run is recorded in `folder`, or of a sweep in one below, or MLflow may know the sweep."""
    known = folder.parent.name == "sweeps" and (folder / IDENTITY).is_file()
    return known or (folder / CONFIG).is_file() or any(folder.glob(f"[0-9]*/{CONFIG}"))


def clear(folder: Path) -> None:
    """Remove what a run or a sweep leaves before it has begun; what else is there stays, and the folder with it."""
    for one in [*filter(Path.is_dir, folder.glob("[0-9]*")), folder]:
        for path in (*(one / HYDRAS).glob("*.yaml"), *(one / name for name in NOTHING_YET - {HYDRAS})):
            path.unlink(missing_ok=True)
        for place in (one / HYDRAS, one):
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
