"""Where a user plugs in a class or function of his own, by dotted path: model, data, callbacks and loggers."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any


def imported(key: str, path: str) -> Any:
    """The object at dotted `path`; ValueError naming the configuration key if it does not import."""
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module may fail in any way while it is imported
        raise ValueError(
            f"{key}._target_: must be the dotted path of something that imports, "
            f"but got {path!r} ({type(error).__name__}: {error})."
        ) from error
    if not callable(found):
        raise ValueError(f"{key}._target_: must be a class or function, but got {path!r}, which is {found!r}.")
    return found


def checked_call(key: str, called: Callable[..., Any], arguments: Mapping[str, Any]) -> Callable[[], Any]:
    """`called` bound to `arguments`; ValueError naming what it takes if they do not fit its signature."""
    signature = inspect.signature(called)
    try:
        bound = signature.bind(**arguments)
    except TypeError as error:
        taken = ", ".join(signature.parameters)
        raise ValueError(f"{key}: must fit {called.__name__}({taken}), but got: {error}.") from error
    return lambda: called(*bound.args, **bound.kwargs)
