"""Files of MedMNIST, of any of its 2D sets: images of 28 to 224 pixels in splits of their own (Yang et al. 2023)."""

from pathlib import Path
from typing import Annotated

from src.data.dataset import Dataset
from src.data.source import source
from src.data.sources.medmnist.sets import SETS, URL
from src.fields import OptionalPlace, Place, name_in


@source
def medmnist(
    *,
    path: OptionalPlace,
    name: Annotated[str, name_in(SETS)] | None,
    classes: list[str] | None,
    positive: str | int | None,
    label: str | int | None,
    url: OptionalPlace,
    md5: OptionalPlace,
    cache: Place,
) -> Dataset:
    """Images of one of MedMNIST's 2D sets, uint8 (N, 1 or 3, S, S), in MedMNIST's own splits; of two classes 1 is the sick.

    The file is `path`. Without it the set `name` is fetched from `url` (None: Zenodo) into the folder `cache` and its
    MD5 checked. Which set a file is says `name`, else its MD5, its name, or its numbers of images; where these tell of
    another set than `name`, or channels and classes are not the set's, it is refused. A set that is not known has `classes`,
    else their numbers, and the name of its file.

    Two classes are a binary task, and more (the grades of RetinaMNIST too) a multi-class one. Class 1 is `positive`, a
    name or a number in the file; None: the sick one of the set, which in BreastMNIST's files is 0, or the file's own 1.
    Where an image may have several labels (ChestMNIST), `label`, a name or its number, is the one that is read: without
    it (0) or with it (1). Raises ValueError or OSError for the first fault.
    """
    from src.data.download import download
    from src.data.sources.medmnist.reader import read

    if path is None and name is None:
        raise ValueError(f"data.path: must be a file, or data.name one of {', '.join(SETS)}, but got neither.")
    if path is not None:
        return read(Path(path), name, classes, positive, label)
    file = download(url or URL.format(name=name), Path(cache) / f"{name}.npz", md5=md5 or SETS[str(name)].md5)
    return read(file, name, classes, positive, label)
