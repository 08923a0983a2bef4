"""Arrays of your own in a file of NumPy's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from src.data.dataset import Dataset
from src.data.source import source
from src.data.splits import PARTS, SplitSettings
from src.fields import Place
from src.tasks import Task

if TYPE_CHECKING:
    import numpy as np

NAMES = "X and y, or X_train and y_train, and the same of val and test"


@source
def arrays(
    *, path: Place, task: Task | None, positive: str | int | bool | None, **splits: Unpack[SplitSettings]
) -> Dataset:
    """Rows X (N, F), or images (N, H, W) or (N, C, H, W), and labels y (N,) in a file .npz, whole or a pair for each split.

    Raises OSError, or ValueError naming the file and what would be right.
    """
    import hashlib

    from src.data.from_code import Origin, dataset_of

    file = Path(path)
    found = _pairs(file, _read(file))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    origin = Origin("data.path", file.name, f"{file.name} (SHA-256 {digest})")
    said = {"task": task, "positive": None if positive is None else str(positive)}
    return dataset_of(found, origin, {**splits, **said})


def _read(file: Path) -> dict[str, np.ndarray]:
    import numpy as np

    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except OSError as error:
        if error.filename:  # a folder, a missing or an unreadable file
            raise
        raise ValueError(f"{file}: must be a whole .npz file of arrays, but got: {error}.") from error
    except Exception as error:  # of whatever NumPy, zipfile and zlib make of a damaged file
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{file}: must be a whole .npz file of arrays, but got: {reason}.") from error


def _pairs(file: Path, stored: dict[str, np.ndarray]) -> object:
    if stored.keys() == {"X", "y"}:
        return stored["X"], stored["y"]
    parts = [part for part in PARTS if f"X_{part}" in stored]
    if "train" not in parts or stored.keys() != {f"{name}_{part}" for part in parts for name in "Xy"}:
        raise ValueError(f"{file}: must hold {NAMES}, but got {', '.join(sorted(stored)) or 'nothing'}.")
    return {part: (stored[f"X_{part}"], stored[f"y_{part}"]) for part in parts}
