"""Whether a run or a sweep has begun in its folder, and what is there before."""

from pathlib import Path

from src.runs.files import CONFIG, IDENTITY, OWNER

OF_HYDRA = ("multirun.yaml", "train.log", ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml")
OF_START = (*OF_HYDRA, OWNER, IDENTITY, "environment.txt", "mlflow.json", "study.journal.lock")


def has_begun(folder: Path) -> bool:
    """Whether a run is recorded in `folder`, or of a sweep in one below, or MLflow may know the sweep."""
    known = folder.parent.name == "sweeps" and (folder / IDENTITY).is_file()
    return known or (folder / CONFIG).is_file() or any(folder.glob(f"[0-9]*/{CONFIG}"))


def clear(folder: Path) -> None:
    """Remove what a run or a sweep leaves before it has begun; what else is there stays, and the folder with it."""
    for one in [*filter(Path.is_dir, folder.glob("[0-9]*")), folder]:
        for name in OF_START:
            (one / name).unlink(missing_ok=True)
        for place in (one / ".hydra", one):
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
