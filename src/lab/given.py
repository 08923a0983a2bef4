"""Data that a caller holds, as a file that a run reads: it can be trained on again from the command line."""

import hashlib
import io
from collections.abc import Callable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from src import runs
from src.disk import whole_file

FOLDER = runs.ROOT / "data"
RULE = 'must be a frame, a pair (X, y), or {"train": (X, y), "val": ..., "test": ...}'


def settings_of(data: Any, target: Any) -> dict[str, Any]:
    """The keys of `data` for what a caller has handed over: a name of a data set, settings, frames or arrays.

    `target`: the name of a frame's column, or the labels of its rows. What is not on disk is written below mlruns/data/, in
    a file that is called by its content. ValueError for what can be no data.
    """
    if isinstance(data, str) or (isinstance(data, Mapping) and not _is_parts(data)):
        named = {} if target is None else {"data.target": target}
        return {"data": data, **named}
    if isinstance(data, pd.DataFrame) and (isinstance(target, (str, Integral)) or target is None):
        named = {} if target is None else {"data.target": str(target)}
        return {"data": "table", "data.path": str(_frame_file(data)), **named}
    return _of_pairs(data if target is None else (data, target))


def _is_parts(data: Mapping[Any, Any]) -> bool:
    return "train" in data and not isinstance(data["train"], (str, int, float))


def _of_pairs(data: Any) -> dict[str, Any]:
    pairs = dict(data) if isinstance(data, Mapping) else {"": data}
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs.values()):
        raise ValueError(f"data: {RULE}, but got {type(data).__name__}.")
    if all(isinstance(inputs, pd.DataFrame) for inputs, _ in pairs.values()):
        return _of_frames(pairs)
    stored = {
        f"{name}_{part}".rstrip("_"): _array(value)
        for part, pair in pairs.items()
        for name, value in zip("Xy", pair, strict=True)
    }
    return {
        "data": "arrays",
        "data.path": str(_file("arrays", ".npz", lambda file: np.savez(file, allow_pickle=False, **stored))),
    }


def _of_frames(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """A file for each split, or one for all."""
    joined = {part: _with_target(inputs, labels) for part, (inputs, labels) in pairs.items()}
    column = next(iter(joined.values())).columns[-1]
    keys = {"train": "data.path", "": "data.path", "val": "data.val_path", "test": "data.test_path"}
    if unknown := joined.keys() - keys.keys():
        raise ValueError(f"data: {RULE}, but got a split called {unknown.pop()!r}.")
    files = {keys[part]: str(_frame_file(frame)) for part, frame in joined.items()}
    return {"data": "table", "data.target": str(column), **files}


def _with_target(inputs: pd.DataFrame, labels: Any) -> pd.DataFrame:
    name = str(getattr(labels, "name", None) or "target")
    values = np.asarray(labels).reshape(-1)
    if len(values) != len(inputs) or name in map(str, inputs.columns):
        raise ValueError(
            f"data: X and y must pair up, y no column of X, but got {len(inputs)} rows and {len(values)} labels, {name!r}."
        )
    return inputs.assign(**{name: values})


def _frame_file(frame: pd.DataFrame) -> Path:
    """The frame less its index, as Parquet, which keeps that a column is of categories where these are text."""
    named = frame.set_axis([str(name) for name in frame.columns], axis=1)
    try:
        for place, dtype in enumerate(named.dtypes):
            if isinstance(dtype, pd.CategoricalDtype):
                named.isetitem(place, named.iloc[:, place].cat.rename_categories(str).array)
        return _file("frame", ".parquet", lambda file: named.to_parquet(file, index=False))
    except Exception as error:  # whatever pyarrow makes of a column of several kinds
        raise ValueError(
            f"data: must have columns of one kind each, but got: {' '.join(str(error).split())}"
        ) from error


def _array(values: Any) -> np.ndarray[Any, Any]:
    array = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
    if array.dtype == object:
        array = array.astype(str)
    return array


def _file(kind: str, suffix: str, write: Callable[[BinaryIO], None]) -> Path:
    content = io.BytesIO()
    write(content)
    path = FOLDER / f"{kind}-{hashlib.sha256(content.getbuffer()).hexdigest()[:12]}{suffix}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(content.getbuffer())
    return path
