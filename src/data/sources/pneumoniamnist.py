"""PneumoniaMNIST: 5,856 chest X-rays of children, normal or pneumonia (MedMNIST v2, Yang et al. 2023; Kermany et al. 2018)."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from src.data.dataset import Dataset, Split
from src.data.source import source
from src.fields import OptionalPlace, Place

if TYPE_CHECKING:
    import numpy as np

PARTS = ("train", "val", "test")
SIZES = (28, 64, 128, 224)
SOURCE = "PneumoniaMNIST (MedMNIST v2, Yang et al. 2023, after Kermany et al. 2018), CC BY 4.0"
# What zipfile and numpy raise over damaged, encrypted or foreign archives; RuntimeError covers NotImplementedError.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


@source
def pneumoniamnist(*, path: OptionalPlace, url: Place, md5: Place, cache: Place) -> Dataset:
    """5,856 chest X-rays of children, normal (0) or pneumonia (1), uint8 (N, 1, H, W), in MedMNIST's own splits.

    Without `path` the file is fetched from `url` into the folder `cache` and its MD5 checked. A file given by `path` is
    checked for its keys, types, shapes and labels. Raises ValueError or OSError for the first fault.
    """
    from src.data.download import download

    file = Path(path) if path is not None else download(url, Path(cache) / "pneumoniamnist.npz", md5=md5)
    arrays = _read(file)
    train, val, test = (_split(file, part, arrays) for part in PARTS)
    return Dataset("pneumoniamnist", SOURCE, "binary", train, val, test, classes=("normal", "pneumonia"))


def _read(file: Path) -> dict[str, np.ndarray]:
    """All arrays of the archive, read whole: a truncated file fails here."""
    import numpy as np

    wanted = [f"{part}_{kind}" for part in PARTS for kind in ("images", "labels")]
    with file.open("rb") as opened:  # a folder, a missing or an unreadable file: OSError that names it
        if not zipfile.is_zipfile(opened):
            raise ValueError(f"{file}: must be a whole .npz archive, but got a file that is none or is cut short.")
        opened.seek(0)
        try:
            with np.load(opened, allow_pickle=False) as archive:
                found = {key: archive[key] for key in wanted if key in archive}
        except UNREADABLE as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise ValueError(f"{file}: must be a whole .npz archive of plain arrays, but got: {reason}.") from error
    # A member that holds no array comes as bytes.
    arrays = {key: array for key, array in found.items() if isinstance(array, np.ndarray)}
    if missing := [key for key in wanted if key not in arrays]:
        raise ValueError(f"{file}: must hold the arrays {', '.join(wanted)}, but got none named {', '.join(missing)}.")
    return arrays


def _split(file: Path, part: str, arrays: dict[str, np.ndarray]) -> Split:
    import numpy as np
    import torch

    images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    if images.dtype != np.uint8:
        raise ValueError(f"{file}: {part}_images must be uint8, but got {images.dtype}.")
    if images.ndim != 3 or images.shape[1] != images.shape[2] or images.shape[1] not in SIZES:
        raise ValueError(f"{file}: {part}_images must be (N, S, S) with S in {SIZES}, but got {images.shape}.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{file}: {part}_labels must be integers, but got {labels.dtype}.")
    if labels.shape not in ((len(images),), (len(images), 1)):
        raise ValueError(
            f"{file}: {part}_labels must be (N,) or (N, 1), one for each of {len(images)} images, but got {labels.shape}."
        )
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels.reshape(-1).astype(np.int64)))
