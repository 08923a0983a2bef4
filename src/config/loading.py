"""From plain nested values to a checked Run."""

from collections.abc import Mapping
from typing import Any

from src.config.arguments import MODELS, MODIFIED, READERS
from src.config.rules import check
from src.config.schema import Block, Run
from src.config.validation import validated


def load(values: Mapping[str, Any]) -> Run:
    """The run that `values` (resolved, nested) describe; ValueError naming key, rule and value if they break a rule."""
    run = validated(Run, dict(values))
    _check_plug("model", run.model, MODELS)
    _check_plug("data", run.data, READERS)
    if run.data["_target_"] == MODIFIED:
        _check_plug("data.source", run.data["source"], READERS)
    check(run)
    return run


def _check_plug(key: str, values: dict[str, Any], ours: Mapping[str, type[Block]]) -> None:
    target = values.get("_target_")
    if not isinstance(target, str) or "." not in target:
        raise ValueError(f"{key}._target_: must be the dotted path of a class or function, but got {target!r}.")
    if target in ours:
        validated(ours[target], values, f"{key}.")
    elif target.startswith("src."):
        raise ValueError(f"{key}._target_: must be one of {', '.join(ours)} or a path of your own, but got {target!r}.")
