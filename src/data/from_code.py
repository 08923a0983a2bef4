"""What a reader of your own may return beside a Dataset: a frame with its target, arrays, or a pair of them a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from src.data.dataset import Dataset, Split
from src.data.splits import PARTS, Known, SplitSettings, split_rows
from src.data.tables.dataset import Choices, table_dataset
from src.data.tables.files import Format, joined, with_names
from src.data.tables.target import read_target

SPLITS: SplitSettings = {"val_fraction": 0.15, "test_fraction": 0.2, "split_seed": 0, "fold": None, "num_folds": 5}
TABLE = {field.name for field in fields(Choices)}
SETTINGS = {*TABLE, *SPLITS}  # keys of `data` that are not the reader's own, and say how its rows become a dataset


class Origin(NamedTuple):
    """Where arrays or frames come from: the key that says so, what it is called, and as what it is told."""

    key: str
    name: str
    source: str


def of_reader(target: str) -> Origin:
    """A user's function."""
    return Origin("data._target_", target, f"{target}, a reader of yours")


RULE = (
    "must return a src.data.dataset.Dataset, a frame and the name of its target, arrays (X, y), "
    'or {"train": (X, y), "val": ..., "test": ...}'
)


def dataset_of(found: Any, origin: Origin, settings: Mapping[str, Any]) -> Dataset:
    """The dataset that `found`, the answer of the reader or file `origin`, stands for; `settings`: values for some of `SETTINGS`.

    Raises ValueError in one line for what can be none.
    """
    splits: SplitSettings = {**SPLITS, **{key: settings[key] for key in SPLITS if key in settings}}  # type: ignore[typeddict-item]
    of_table = {key: value for key, value in settings.items() if key in TABLE}
    if isinstance(found, pd.DataFrame) and "target" in of_table:
        return _of_frame(found, origin, of_table, splits)
    if isinstance(found, Mapping) and {"train"} <= set(found) <= set(PARTS):
        return _of_parts(found, origin, of_table, splits)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise ValueError(f"{origin.key}: {RULE}, but {origin.name} gave {_called(found)}.")
    inputs, target = found
    if isinstance(inputs, pd.DataFrame):
        frame, column = _with_target(inputs, target, origin)
        return _of_frame(frame, origin, {**of_table, "target": column}, splits)
    return _of_arrays(inputs, target, origin, of_table, splits, given=None)


def _of_frame(
    frame: pd.DataFrame,
    origin: Origin,
    choices: Mapping[str, Any],
    splits: SplitSettings,
    given: list[str] | None = None,
) -> Dataset:
    named, form = with_names(origin.source, frame), Format()
    return table_dataset(
        origin.name, origin.source, named, Choices(**choices), splits, form=form, decimal=".", given=given
    )


def _with_target(frame: pd.DataFrame, target: Any, origin: Origin) -> tuple[pd.DataFrame, str]:
    """A frame that has its target, and which column that is; `target` is its name, or holds it."""
    if isinstance(target, str):
        return frame, target
    column, labels = str(getattr(target, "name", None) or "target"), _column(target)
    if labels.shape != (len(frame),):
        raise ValueError(
            f"{origin.key}: X and y must pair up, but {origin.name} gave {len(frame)} rows and y of shape {labels.shape}."
        )
    if column in map(str, frame.columns):
        raise ValueError(f"{origin.key}: y must be no column of X, but {origin.name} gave both with {column!r}.")
    return frame.assign(**{column: labels}), column


def _of_parts(found: Mapping[str, Any], origin: Origin, choices: Mapping[str, Any], splits: SplitSettings) -> Dataset:
    pairs = {part: pair for part, pair in found.items() if isinstance(pair, (tuple, list)) and len(pair) == 2}
    if pairs.keys() != found.keys():
        raise ValueError(f"{origin.key}: {RULE}, but {origin.name} gave something else for a split.")
    if all(isinstance(inputs, pd.DataFrame) for inputs, _ in pairs.values()):
        return _of_frames(pairs, origin, choices, splits)
    told = [_column(labels) for _, labels in pairs.values()]
    given = [part for part, labels in zip(pairs, told, strict=True) for _ in range(labels.size)]
    arrays = [_array(inputs, origin) for inputs, _ in pairs.values()]
    if len(shapes := {array.shape[1:] for array in arrays}) > 1:
        raise ValueError(f"{origin.key}: X must have one shape in all splits, but {origin.name} gave {sorted(shapes)}.")
    inputs = np.concatenate(arrays)
    return _of_arrays(inputs, np.concatenate([labels.reshape(-1) for labels in told]), origin, choices, splits, given)


def _of_frames(pairs: Mapping[str, Any], origin: Origin, choices: Mapping[str, Any], splits: SplitSettings) -> Dataset:
    """A frame for each split, with the columns of train's."""
    frames = {part: _with_target(frame, target, origin) for part, (frame, target) in pairs.items()}
    first, column = frames["train"]
    for part, (frame, its) in frames.items():
        if its != column or set(frame.columns) != set(first.columns):
            raise ValueError(
                f"{origin.key}: all splits must have the columns of train, but {origin.name} has others in {part}."
            )
    given = [part for part, (frame, _) in frames.items() for _ in range(len(frame))]
    whole = joined([frame for frame, _ in frames.values()])
    return _of_frame(whole, origin, {**choices, "target": column}, splits, given)


def _of_arrays(
    inputs: Any, labels: Any, origin: Origin, choices: Mapping[str, Any], splits: SplitSettings, given: list[str] | None
) -> Dataset:
    values, told = _array(inputs, origin), _column(labels)
    if told.ndim != 1 or len(told) != len(values) or values.ndim not in (2, 3, 4):
        raise ValueError(
            f"{origin.key}: X must be (N, F), (N, H, W) or (N, C, H, W) and y (N,), "
            f"but {origin.name} gave X of shape {values.shape} and y of shape {told.shape}."
        )
    if values.ndim == 4 and values.shape[1] > 4 and values.shape[3] in (1, 3, 4):
        raise ValueError(
            f"{origin.key}: images must be (N, C, H, W), but {origin.name} gave X of shape {values.shape}, channels last."
        )
    column = pd.Series(told, name="target")
    target = read_target(column, ".", task=choices.get("task"), positive=choices.get("positive"))
    if (missing := np.flatnonzero(np.isnan(target.labels))).size:
        raise ValueError(
            f"{origin.key}: y must have a label for each row, but {origin.name} gave none in row {missing[0] + 1}."
        )
    images = values.ndim > 2
    with np.errstate(over="ignore"):  # what is too large is infinite, which the dataset refuses
        tensor = torch.from_numpy(values if images and values.dtype == np.uint8 else values.astype(np.float32))
    tensor = tensor.unsqueeze(1) if values.ndim == 3 else tensor
    parts = split_rows(len(values), splits, Known(target.strata, given=given))
    outputs, scale = target.outputs(parts["train"])
    train, val, test = (Split(tensor[rows], outputs[rows]) for rows in (parts[part] for part in PARTS))
    described = f"{len(values):,} rows of shape {tuple(tensor.shape[1:])}; target: {target.told}"
    return Dataset(
        origin.name,
        origin.source,
        target.task,
        train,
        val,
        test,
        target.classes,
        target_scale=scale,
        description=described,
    )


def _array(inputs: Any, origin: Origin) -> np.ndarray[Any, np.dtype[Any]]:
    """Of any numeric or boolean type."""
    try:
        values = _numpy(inputs)
    except (TypeError, ValueError) as error:  # numpy of a ragged list, of a type of torch's that it does not have
        raise ValueError(f"{origin.key}: X must be one array of numbers, but {origin.name} gave: {error}") from error
    if values.dtype.kind not in "buif" or values.ndim == 0:
        raise ValueError(
            f"{origin.key}: X must hold numbers, but {origin.name} gave {_called(inputs)} of {values.dtype}."
        )
    return np.ascontiguousarray(values)


def _column(labels: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Labels (N,) of labels (N,) or (N, 1); others as they are."""
    told = _numpy(labels)
    return told[:, 0] if told.ndim == 2 and told.shape[1] == 1 else told


def _numpy(found: Any) -> np.ndarray[Any, np.dtype[Any]]:
    if not isinstance(found, torch.Tensor):
        return np.asarray(found)
    tensor = found.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()  # which NumPy does not have


def _called(found: Any) -> str:
    kind = f"{type(found).__module__.partition('.')[0]}.{type(found).__name__}"
    return kind.removeprefix("builtins.")
