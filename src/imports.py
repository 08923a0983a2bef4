"""Where a user plugs in a class or function of his own, by dotted path: model, data, callbacks and loggers, samplers.

A path may come from a folder that somebody else has made, so what it names is known for its kind before it is called.
"""

import importlib
import importlib.util
import inspect
import sys
import sysconfig
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

READERS = ("sklearn.datasets",)  # of a library: modules that do no more than read


def imported(key: str, path: str) -> Any:
    """The object at dotted `path`; ValueError naming the configuration key if it does not import, or is one of Python's own."""
    module, _, name = path.rpartition(".")
    if _is_pythons(module):
        raise ValueError(f"{key}._target_: must not be of Python's own library, but got {path!r}.")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module may fail in any way while it is imported
        raise ValueError(
            f"{key}._target_: must be the dotted path of something that imports, "
            f"but got {path!r} ({type(error).__name__}: {error})."
        ) from error
    if not callable(found):
        raise ValueError(f"{key}._target_: must be a class or function, but got {path!r}, which is {found!r}.")
    origin = found.func if isinstance(found, partial) else found
    if _is_pythons(str(getattr(origin, "__module__", ""))):
        raise ValueError(f"{key}._target_: must not be of Python's own library, but got {path!r}, which is {found!r}.")
    return found


def imported_class(key: str, path: str, kind: type[Any]) -> Any:
    """The same; ValueError also if it is not a class, of the given kind."""
    found = imported(key, path)
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise ValueError(
            f"{key}._target_: must be a {kind.__name__} of {kind.__module__.partition('.')[0]}, but got {path!r}."
        )
    return found


def imported_function(key: str, path: str) -> Any:
    """The same of a function, of which no kind is known: ValueError unless its module is ours or the user's own."""
    module = path.rpartition(".")[0]
    if module not in READERS and not _is_pythons(module) and _is_installed(module):
        raise ValueError(
            f"{key}._target_: must lie in a module of your own, which may import it from where it is, but got {path!r}."
        )
    return imported(key, path)


def _is_pythons(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _is_installed(module: str) -> bool:
    """Whether it came with a package, and lies in no folder of the user's."""
    top = module.partition(".")[0]
    spec = importlib.util.find_spec(top) if top else None
    places = [] if spec is None else [*(spec.submodule_search_locations or ()), spec.origin or ""]
    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")]
    return any(Path(place).resolve().is_relative_to(one) for place in places for one in installed)


def checked_call(key: str, called: Callable[..., Any], arguments: Mapping[str, Any]) -> Callable[[], Any]:
    """`called` bound to `arguments`; ValueError naming what it takes if they do not fit its signature."""
    signature = inspect.signature(called)
    try:
        bound = signature.bind(**arguments)
    except TypeError as error:
        taken = ", ".join(signature.parameters)
        raise ValueError(f"{key}: must fit {called.__name__}({taken}), but got: {error}.") from error
    return lambda: called(*bound.args, **bound.kwargs)
