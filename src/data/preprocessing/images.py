"""Images as people have them: files, folders, arrays of pixels, and what a JSON server is sent."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from src.data.images.form import Form
from src.data.labels import Labels
from src.data.raw import Inputs, Raw

if TYPE_CHECKING:
    import numpy as np

# Axes: N images, H and W pixels, C channels, S pixels of a side of an input.

FILE = (str, bytes, Path)  # what may stand for one
ENCODED = "base64,"  # what stands before the data of a data URL


@dataclass(frozen=True)
class Images:
    """Images brought to `form` as in training, with their known `classes`; `file`, `target`: columns of tables of paths.

    Arrays hold numbers from 0 to 255; integers beyond are of more bits and are scaled by the image's own range, as files of
    16 bits are. Floats are not rounded.
    """

    form: Form
    classes: tuple[str, ...] = ()
    file: str = "file"
    target: str = "label"
    kind: ClassVar[str] = "images"

    def read(self, path: Path) -> Raw:
        """An image; a folder of them, whose labels are the folders that are called like a class; or a table of paths."""
        from src.data.images.files import find
        from src.data.images.labelled import place_of
        from src.data.tables.files import READERS

        if path.suffix.lower() in READERS:
            return self._listed(path)
        if not path.is_dir():
            return Raw([path], [path.name])
        names = find(path).names
        if not names:
            raise ValueError(f"{path}: must hold images, but got none.")
        places = [place_of(name) or ("", path.name) for name in names]
        labels = [label if label in self.classes else None for _, label in places]
        told = Labels(labels, [math.nan] * len(labels)) if any(labels) else None
        return Raw([path / name for name in names], names, told)

    def take(self, given: Any) -> Raw:
        """Arrays (N, C, H, W), (N, H, W), (N, H, W, C) or flat (N, C S S), one image alone; lists, frames, files.

        A file is given by its `Path`, as bytes, or as text in base64, and several as a list or a column of a frame.
        """
        import numpy as np
        import pandas as pd

        from src.data.images.layouts import as_images

        if isinstance(given, pd.DataFrame):
            text = len(given.columns) == 1 and not pd.api.types.is_numeric_dtype(given.dtypes.iloc[0])
            given = given.iloc[:, 0].tolist() if text else given.to_numpy()
        if isinstance(given, FILE):
            given = [given]
        if isinstance(given, np.ndarray) and given.size and isinstance(given.item(0), FILE):
            given = given.reshape(-1).tolist()
        if isinstance(given, Sequence) and given and isinstance(given[0], FILE):
            return Raw([_encoded(one) for one in given], _numbered(given))
        images = as_images(given, self.form.shape)
        return Raw(images, _numbered(images))

    def inputs(self, raw: Raw) -> Inputs:
        """uint8 (M, C, S, S); float32 where one is an array of floats."""
        import numpy as np
        import torch

        from src.data.images.parallel import each

        done = each(self._brought, raw.content, told="decoding")
        places = [place for place, one in enumerate(done) if not isinstance(one, str)]
        tensor = np.stack([done[place] for place in places]) if places else np.empty((0, *self.form.shape), np.uint8)
        return Inputs(torch.from_numpy(tensor), places, {p: one for p, one in enumerate(done) if isinstance(one, str)})

    def state(self) -> dict[str, Any]:
        """The form, the classes and the columns of tables."""
        return {"form": asdict(self.form), "classes": list(self.classes), "file": self.file, "target": self.target}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The one that `state` was taken of."""
        return cls(Form(**state["form"]), tuple(state["classes"]), state["file"], state["target"])

    def _listed(self, path: Path) -> Raw:
        from src.data.images.labelled import read_table

        frame = read_table(path).frame
        if self.file not in frame.columns:
            raise ValueError(
                f"{path}: must have paths in a column {self.file}, but got the columns {', '.join(map(str, frame))}."
            )
        names = frame[self.file].fillna("").astype(str).tolist()
        labels = None
        if self.target in frame.columns:
            labels = Labels.of(frame[self.target].astype(object).where(frame[self.target].notna(), None))
        return Raw([path.parent / name for name in names], names, labels)

    def _brought(self, one: Path | bytes | np.ndarray) -> np.ndarray | str:
        """An input (C, S, S), or why it is none."""
        import numpy as np

        from src.data.images.decode import decode
        from src.data.images.known import read_file

        try:
            if isinstance(one, np.ndarray):
                return self._of_array(one)
            data, name = (read_file(one)[0], one.name) if isinstance(one, Path) else (one, "")
            return self.form.bring(decode(data, name))
        except OSError as error:
            return f"must be readable, but got: {error.strerror}"
        except ValueError as error:
            return str(error)

    def _of_array(self, image: np.ndarray) -> np.ndarray:
        import numpy as np

        from src.data.images.form import by_range

        if image.dtype.kind == "f":
            if not np.isfinite(image).all():
                raise ValueError("must have finite pixels, but got NaN or infinity")
            return self.form.bring_exactly(image).astype(np.float32)
        if image.dtype == bool:
            image = image * np.uint8(255)
        return self.form.bring(image if image.max() <= 255 and image.min() >= 0 else by_range(image))


def _encoded(given: str | bytes | Path) -> Path | bytes:
    """A file's content, or the path to it. Text is base64 alone: whoever asks a server must not name files of its machine."""
    if not isinstance(given, str):
        return given
    try:
        return base64.b64decode(given.rpartition(ENCODED)[2], validate=True)
    except (binascii.Error, ValueError):
        return b""  # no image: a fault of its row


def _numbered(rows: Sequence[Any]) -> list[str]:
    return [str(row) for row in range(1, len(rows) + 1)]
