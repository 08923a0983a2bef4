"""From a reader's dotted path and its arguments to a dataset; the reader may be the user's own."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from src.data.dataset import Dataset
from src.data.duplicates import duplicates
from src.data.source import SOURCES
from src.imports import checked_call, imported_function
from src.memory import fitting

COMMON = ("_target_", "standardize")  # keys of `data` that are not the reader's


def read_dataset(values: Mapping[str, Any]) -> Dataset:
    """Call the reader `values['_target_']` with the other values; what it returns may also be a frame or arrays.

    ValueError if it is no reader, or returns what can be no Dataset. What a reader of a user's own does not name among its
    arguments, and says how rows become a dataset (`from_code.SETTINGS`), is kept from it.
    """
    reader = imported_function("data", values["_target_"])
    arguments = {name: value for name, value in values.items() if name not in COMMON}
    if values["_target_"] in SOURCES:
        read = checked_call("data", reader, arguments)
        with fitting("data"):
            return _checked(read())
    from src.data.from_code import SETTINGS, dataset_of, of_reader

    taken = inspect.signature(reader).parameters
    settings = {name: value for name, value in arguments.items() if name in SETTINGS and name not in taken}
    own = {name: value for name, value in arguments.items() if name not in settings}
    read = checked_call("data", reader, own)
    with fitting("data"):
        found = read()
    return _checked(found if isinstance(found, Dataset) else dataset_of(found, of_reader(values["_target_"]), settings))


def _checked(dataset: Dataset) -> Dataset:
    """With a warning of what its splits share; a reader with preprocessing of its own has looked there already."""
    if dataset.preprocessor is not None:
        return dataset
    return replace(dataset, warnings=(*dataset.warnings, *duplicates(dataset)))


class LastRead:
    """Reads the data of runs, once for all that follow one another with the same or other folds; `on_read` is told of each.

    `read`: what reads them.
    """

    def __init__(
        self,
        on_read: Callable[[Dataset], None] = lambda dataset: None,
        read: Callable[[Mapping[str, Any]], Dataset] = read_dataset,
    ) -> None:
        self.on_read, self._read = on_read, read
        self._whole: dict[str, Any] = {}
        self._folds: dict[Any, Dataset] = {}

    def read(self, values: Mapping[str, Any]) -> Dataset:
        """As `read_dataset`."""
        whole, fold = {name: value for name, value in values.items() if name != "fold"}, values.get("fold")
        if self._whole != whole:
            self._whole, self._folds = whole, {}
        if fold not in self._folds:
            self._folds[fold] = self._read(values)
            self.on_read(self._folds[fold])
        return self._folds[fold]
