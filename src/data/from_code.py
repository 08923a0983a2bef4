"""What a reader of your own may return beside a Dataset: a frame with its target, arrays, or a pair of them a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from src.data.dataset import Dataset, Split
from src.data.labels import TargetScale
from src.data.splits import PARTS, Known, SplitSettings, split_rows
from src.data.tables.dataset import Choices, table_dataset
from src.data.tables.files import Format, with_names
from src.data.tables.target import Target, read_target

if TYPE_CHECKING:
    from torch import Tensor

SPLITS: SplitSettings = {"val_fraction": 0.15, "test_fraction": 0.2, "split_seed": 0, "fold": None, "num_folds": 5}
TABLE = {field.name for field in fields(Choices)}
SETTINGS = {*TABLE, *SPLITS}  # keys of `data` that are not the reader's own, and say how its rows become a dataset
RULE = (
    "must return a src.data.dataset.Dataset, a frame and the name of its target, arrays (X, y), "
    'or {"train": (X, y), "val": ..., "test": ...}'
)


def dataset_of(found: Any, name: str, settings: Mapping[str, Any]) -> Dataset:
    """The dataset that `found`, the answer of the reader `name`, stands for; `settings`: values for some of `SETTINGS`.

    Raises ValueError in one line for what can be none.
    """
    splits: SplitSettings = {**SPLITS, **{key: settings[key] for key in SPLITS if key in settings}}  # type: ignore[typeddict-item]
    of_table = {key: value for key, value in settings.items() if key in TABLE}
    if isinstance(found, pd.DataFrame) and "target" in of_table:
        return _of_frame(found, name, of_table, splits)
    if isinstance(found, Mapping) and {"train"} <= set(found) <= set(PARTS):
        return _of_parts(found, name, of_table, splits)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise ValueError(f"data._target_: {RULE}, but {name} returned {_called(found)}.")
    inputs, target = found
    if isinstance(inputs, pd.DataFrame):
        if isinstance(target, str):
            return _of_frame(inputs, name, {**of_table, "target": target}, splits)
        column = getattr(target, "name", None) or "target"
        frame = inputs.assign(**{str(column): np.asarray(target)}) if len(inputs) == len(target) else None
        if frame is None:
            raise ValueError(
                f"data._target_: X and y must pair up, but {name} returned {len(inputs)} and {len(target)} rows."
            )
        return _of_frame(frame, name, {**of_table, "target": str(column)}, splits)
    return _of_arrays(inputs, target, name, of_table, splits, given=None)


def _of_frame(frame: pd.DataFrame, name: str, choices: Mapping[str, Any], splits: SplitSettings) -> Dataset:
    source = f"{name}, a reader of yours"
    named = with_names(source, frame)
    return table_dataset(name, source, named, Choices(**choices), splits, form=Format(), decimal=".")


def _of_parts(found: Mapping[str, Any], name: str, choices: Mapping[str, Any], splits: SplitSettings) -> Dataset:
    pairs = {part: pair for part, pair in found.items() if isinstance(pair, (tuple, list)) and len(pair) == 2}
    if pairs.keys() != found.keys():
        raise ValueError(f"data._target_: {RULE}, but {name} returned something else for a split.")
    given = [part for part, (_, labels) in pairs.items() for _ in range(len(labels))]
    arrays = [_array(inputs, name) for inputs, _ in pairs.values()]
    if len(shapes := {array.shape[1:] for array in arrays}) > 1:
        raise ValueError(f"data._target_: X must have one shape in all splits, but {name} returned {sorted(shapes)}.")
    inputs = np.concatenate(arrays)
    labels = np.concatenate([np.asarray(labels).reshape(len(labels)) for _, labels in pairs.values()])
    return _of_arrays(inputs, labels, name, choices, splits, given)


def _of_arrays(
    inputs: Any, labels: Any, name: str, choices: Mapping[str, Any], splits: SplitSettings, given: list[str] | None
) -> Dataset:
    values, told = _array(inputs, name), np.asarray(labels)
    if told.ndim == 2 and told.shape[1] == 1:
        told = told[:, 0]
    if told.ndim != 1 or len(told) != len(values) or values.ndim not in (2, 3, 4):
        raise ValueError(
            "data._target_: X must be (N, F), (N, H, W) or (N, C, H, W) and y (N,), "
            f"but {name} returned X of shape {values.shape} and y of shape {told.shape}."
        )
    column = pd.Series(told, name="target")
    target = read_target(column, ".", task=choices.get("task"), positive=choices.get("positive"))
    if (missing := np.flatnonzero(np.isnan(target.labels))).size:
        raise ValueError(
            f"data._target_: y must have a label for each row, but {name} returned none in row {missing[0] + 1}."
        )
    images = values.ndim > 2
    tensor = torch.from_numpy(values if images and values.dtype == np.uint8 else values.astype(np.float32))
    tensor = tensor.unsqueeze(1) if values.ndim == 3 else tensor
    classes = torch.from_numpy(target.labels).long() if target.task != "regression" else None
    parts = split_rows(len(values), splits, Known(strata=classes, given=given))
    outputs, scale = _outputs(target, classes, parts["train"])
    train, val, test = (Split(tensor[rows], outputs[rows]) for rows in (parts[part] for part in PARTS))
    described = f"{len(values):,} rows of shape {tuple(tensor.shape[1:])}; target: {target.told}"
    source = f"{name}, a reader of yours"
    return Dataset(
        name, source, target.task, train, val, test, target.classes, target_scale=scale, description=described
    )


def _outputs(target: Target, classes: Tensor | None, train: Tensor) -> tuple[Tensor, TargetScale | None]:
    if classes is not None:
        return classes, None
    values = torch.from_numpy(target.labels)
    scale = TargetScale.fit(values[train])
    return scale.scaled(values).float(), scale


def _array(inputs: Any, name: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Of any numeric or boolean type."""
    try:
        values = inputs.detach().cpu().numpy() if isinstance(inputs, torch.Tensor) else np.asarray(inputs)
    except (TypeError, ValueError) as error:  # numpy of a ragged list, of a type of torch's that it does not have
        raise ValueError(f"data._target_: X must be one array of numbers, but {name} returned: {error}") from error
    if values.dtype.kind not in "buif" or values.ndim == 0:
        raise ValueError(
            f"data._target_: X must hold numbers, but {name} returned {_called(inputs)} of {values.dtype}."
        )
    return np.ascontiguousarray(values)


def _called(found: Any) -> str:
    kind = f"{type(found).__module__.partition('.')[0]}.{type(found).__name__}"
    return kind.removeprefix("builtins.")
