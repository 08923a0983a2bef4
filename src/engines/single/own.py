"""Callbacks and loggers of a user's own, by dotted path, beside ours."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pytorch_lightning import Callback
from pytorch_lightning.loggers import Logger

from src.choices import one_of
from src.config.schema import Trainer
from src.imports import checked_call, imported
from src.metrics import objectives_for

Kind = TypeVar("Kind", Callback, Logger)


def build_callbacks(trainer: Trainer) -> list[Callback]:
    """Those of `trainer.callbacks`; ValueError for one that is no callback of Lightning's, or fails."""
    given = enumerate(trainer.callbacks or [])
    return [_build(f"trainer.callbacks[{place}]", values, Callback) for place, values in given]


def build_loggers(trainer: Trainer, folder: Path) -> list[Logger]:
    """Those of `trainer.logger`, which write to `folder` unless they are told where; ValueError as for callbacks."""
    given = enumerate(trainer.logger or [])
    return [_build(f"trainer.logger[{place}]", values, Logger, save_dir=str(folder)) for place, values in given]  # type: ignore[type-abstract]


def check_own(trainer: Trainer, task: str) -> None:
    """Raises ValueError for callbacks that cannot be built, or that watch for what no epoch has, and for what is no logger."""
    callbacks, known = build_callbacks(trainer), ("train/loss", "train/loss_eval", *objectives_for(task))
    if all(type(callback).__module__.startswith("pytorch_lightning.") for callback in callbacks):  # others may log more
        for place, callback in enumerate(callbacks):
            if (given := getattr(callback, "monitor", None)) is not None and given not in known:
                key = f"trainer.callbacks[{place}].monitor"
                raise ValueError(f"{key}: {one_of(known)} for a {task} task, but got {given!r}.")
    for place, values in enumerate(trainer.logger or []):
        _called(f"trainer.logger[{place}]", values, Logger)  # type: ignore[type-abstract]


def _called(key: str, values: Mapping[str, Any], kind: type[Kind]) -> type[Kind]:
    target = values["_target_"]
    called = imported(key, target)
    if not (isinstance(called, type) and issubclass(called, kind)):
        raise ValueError(f"{key}._target_: must be a {kind.__name__} of pytorch_lightning, but got {target!r}.")
    return called


def _build(key: str, values: Mapping[str, Any], kind: type[Kind], **defaults: Any) -> Kind:
    called = _called(key, values, kind)
    taken = inspect.signature(called).parameters
    arguments = {name: value for name, value in defaults.items() if name in taken}
    arguments |= {name: value for name, value in values.items() if name != "_target_"}
    construct = checked_call(key, called, arguments)
    try:
        return construct()
    except Exception as error:  # a class of a user's own may fail in any way
        raise ValueError(f"{key}: must be built without an error, but got {type(error).__name__}: {error}") from error
