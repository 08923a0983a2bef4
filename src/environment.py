"""What stands as `${oc.env:NAME}` in values that were kept: filled in from the environment, as OmegaConf does it."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

REFERENCE = re.compile(r"\$\{oc\.env:([^{},]+)(?:,([^{}]*))?\}")  # with a default after the comma; the innermost first
HELD = "$\0{"  # what the environment gives is no reference itself: one to its own name would be filled in for ever
Keys = tuple[str | int, ...]  # and indices, on the way to a leaf


def filled_in(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested plain values with what the environment gives; ValueError, naming the key after `prefix`, where it has not got it."""
    return {key: _filled(value, f"{prefix}{key}") for key, value in values.items()}


def texts(node: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Keys and text of every leaf of nested plain values that is one."""
    if isinstance(node, str):
        yield keys, node
    elif isinstance(node, Mapping | list):
        for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
            yield from texts(value, (*keys, key))


def _filled(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return filled_in(value, f"{name}.")
    if isinstance(value, list):
        return [_filled(item, name) for item in value]
    while isinstance(value, str) and (found := REFERENCE.search(value)):
        variable, default = found.groups()
        given = os.environ.get(variable, default)
        if given is None:
            raise ValueError(f"{name}: must be given by the environment as before, but got no {variable} there.")
        if given == default == "null" and found[0] == value:
            return None
        value = value[: found.start()] + given.replace("${", HELD) + value[found.end() :]
    return value.replace(HELD, "${") if isinstance(value, str) else value
