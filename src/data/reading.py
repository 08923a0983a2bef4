"""From a reader's dotted path and its arguments to a dataset; the reader may be the user's own."""

import logging
from collections.abc import Mapping
from typing import Any

from src.data.dataset import Dataset
from src.imports import checked_call, imported

log = logging.getLogger(__name__)

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
    """Reads the data of runs, once for all that follow one another with the same."""

    def __init__(self) -> None:
        self._values: dict[str, Any] | None = None
        self._dataset: Dataset | None = None

    def read(self, values: Mapping[str, Any]) -> Dataset:
        """As `read_dataset`; what it warns of is said once."""
        if self._dataset is None or self._values != dict(values):
            self._values, self._dataset = dict(values), read_dataset(values)
            for line in self._dataset.warnings:
                log.warning("%s", line)
        return self._dataset
