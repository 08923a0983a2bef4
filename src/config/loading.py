"""From plain nested values to a checked Run."""

from collections.abc import Mapping
from typing import Any

from src.choices import one_of
from src.config.environment import read_back, with_written
from src.config.rules import check
from src.config.schema import Run
from src.config.validation import validated
from src.data.sources import SOURCES
from src.environment import Keys
from src.fields import OTHER_SOURCE, Plug
from src.models.arguments import MODELS

AS_WRITTEN = ("uri", "experiment", "run_name", "tags")  # of tracking: what is there to be seen, and where it is sent


def load(values: Mapping[str, Any], written: Mapping[Keys, str] | None = None) -> Run:
    """The run that `values` (resolved, nested) describe; ValueError naming key, rule and value if they break a rule.

    `written`: how those are kept that the environment gave.
    """
    written = written or {}
    seen = {keys: text for keys, text in written.items() if keys[0] == "tracking" and keys[1] in AS_WRITTEN}
    values = with_written(dict(values), seen)
    run = validated(Run, values).with_written({keys: text for keys, text in written.items() if keys not in seen})
    _check_plug("model", run.model, MODELS)
    _check_source("data", run.data)
    check(run)
    return run


def load_kept(values: Mapping[str, Any]) -> Run:
    """The run whose nested values were kept so; ValueError also if the environment has not what they were given then."""
    return load(*read_back(values))


def _check_source(key: str, values: dict[str, Any]) -> None:
    """An argument of our own readers may be another source."""
    _check_plug(key, values, {name: source.settings for name, source in SOURCES.items()})
    if (source := SOURCES.get(values["_target_"])) is not None:
        for name, field in source.settings.model_fields.items():
            if OTHER_SOURCE in field.metadata:
                _check_source(f"{key}.{name}", values[name])


def _check_plug(key: str, values: dict[str, Any], ours: Mapping[str, type[Plug]]) -> None:
    target = values.get("_target_")
    if not isinstance(target, str) or "." not in target:
        raise ValueError(f"{key}._target_: must be the dotted path of a class or function, but got {target!r}.")
    if target in ours:
        validated(ours[target], values, f"{key}.")
    elif target.startswith("src."):
        raise ValueError(f"{key}._target_: {one_of(ours)} or a path of your own, but got {target!r}.")
