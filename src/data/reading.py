"""From a reader's dotted path and its arguments to a dataset; the reader may be the user's own."""

from collections.abc import Callable, Mapping
from typing import Any

from src.data.dataset import Dataset
from src.imports import checked_call, imported

COMMON = ("_target_", "standardize")  # keys of `data` that are not the reader's


def read_dataset(values: Mapping[str, Any]) -> Dataset:
    """Call the reader `values['_target_']` with the other values; ValueError if it is none or gives no Dataset."""
    reader = imported("data", values["_target_"])
    arguments = {name: value for name, value in values.items() if name not in COMMON}
    dataset = checked_call("data", reader, arguments)()
    if not isinstance(dataset, Dataset):
        raise ValueError(f"data._target_: must return a src.data.Dataset, but got {type(dataset).__name__}.")
    return dataset


class LastRead:
    """Reads the data of runs, once for all that follow one another with the same; `on_read` is told of each."""

    def __init__(self, on_read: Callable[[Dataset], None] = lambda dataset: None) -> None:
        self.on_read = on_read
        self._values: dict[str, Any] | None = None
        self._dataset: Dataset | None = None

    def read(self, values: Mapping[str, Any]) -> Dataset:
        """As `read_dataset`."""
        if self._dataset is None or self._values != dict(values):
            self._values, self._dataset = dict(values), read_dataset(values)
            self.on_read(self._dataset)
        return self._dataset
