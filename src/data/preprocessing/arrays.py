"""Inputs that are numbers already: features of a table without names, or pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from src.data.raw import Inputs, Raw
from src.disk import check_plain, read_whole


@dataclass(frozen=True)
class Arrays:
    """Rows of numbers of `shape`, or flat; any numeric or boolean type, from arrays, frames, lists and .npy, .csv, .parquet."""

    shape: tuple[int, ...]
    kind: ClassVar[str] = "arrays"

    def read(self, path: Path) -> Raw:
        """The rows of a .npy, .csv, .tsv or .parquet file: numbers alone, one column for each number of an input."""
        import numpy as np
        import pandas as pd

        readers: dict[str, Callable[[Path], Any]] = {
            ".npy": lambda file: np.load(file, allow_pickle=False),
            ".parquet": pd.read_parquet,
            ".csv": pd.read_csv,
            ".tsv": lambda file: pd.read_csv(file, sep="\t"),
        }
        if path.suffix not in readers:
            raise ValueError(f"{path}: must be one of {', '.join(readers)} for this model, but got {path.suffix!r}.")
        check_plain(path)
        return self.take(read_whole(path, readers[path.suffix]))

    def take(self, given: Any) -> Raw:
        """Arrays (N, *shape) or (N, F), one row alone among them, lists, frames."""
        import numpy as np
        import pandas as pd

        try:
            values = given.to_numpy(dtype=np.float64) if isinstance(given, pd.DataFrame) else np.asarray(given)
            numbers = values.astype(np.float64) if values.dtype == object else values
        except (TypeError, ValueError) as error:
            raise ValueError(f"input: must be rows of numbers, but got: {' '.join(str(error).split())}.") from error
        size = int(np.prod(self.shape))
        if (
            numbers.ndim == 0
            or numbers.dtype.kind not in "buif"
            or numbers.size == 0
            or numbers[0].size not in (1, size)
        ):
            raise ValueError(
                f"input: each row must hold {size} numbers of shape {self.shape}, but got {numbers.dtype} {numbers.shape}."
            )
        if numbers.shape in (self.shape, (size,)):  # one row
            numbers = numbers.reshape(1, *self.shape)
        if numbers[0].size != size:
            raise ValueError(f"input: each row must hold {size} numbers, but got shape {numbers.shape}.")
        return Raw(numbers.reshape(-1, *self.shape), [str(row) for row in range(1, len(numbers) + 1)])

    def inputs(self, raw: Raw) -> Inputs:
        """float32 (M, *shape), those rows whose numbers are finite."""
        import numpy as np
        import torch

        if raw.content.shape[1:] != self.shape:  # which another model of several may have taken in
            raise ValueError(f"input: each row must have the shape {self.shape}, but got {raw.content.shape[1:]}.")
        values = torch.from_numpy(np.ascontiguousarray(raw.content, dtype=np.float32))
        finite = values.isfinite().flatten(1).all(1)
        faults = dict.fromkeys((~finite).nonzero().squeeze(1).tolist(), "has a number that is not finite")
        return Inputs(values[finite], finite.nonzero().squeeze(1).tolist(), faults)

    def state(self) -> dict[str, Any]:
        """The shape."""
        return {"shape": list(self.shape)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The one that `state` was taken of."""
        return cls(tuple(state["shape"]))
