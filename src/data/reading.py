"""From a reader's dotted path and its arguments to a dataset; the reader may be the user's own."""

from collections.abc import Mapping
from typing import Any

from src.config.imports import checked_call, imported
from src.data.dataset import Dataset

COMMON = ("_target_", "standardize")  # keys of `data` that are not the reader's


def read_dataset(values: Mapping[str, Any]) -> Dataset:
    """Call the reader `values['_target_']` with the other values; ValueError if it is none or gives no Dataset."""
    reader = imported("data", values["_target_"])
    arguments = {name: value for name, value in values.items() if name not in COMMON}
    dataset = checked_call("data", reader, arguments)()
    if not isinstance(dataset, Dataset):
        raise ValueError(f"data._target_: must return a src.data.Dataset, but got {type(dataset).__name__}.")
    return dataset
