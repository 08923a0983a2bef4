"""Choices by name: a table of each stands beside what it names, and the schema, the errors and `--help` are made from it.

No table imports torch: a typo must die at once. What computes imports it when it is called.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import TypeVar

Entry = TypeVar("Entry")

LONGEST = 120  # signs of a value that are quoted


def chosen(key: str, table: Mapping[str, Entry], name: str) -> Entry:
    """The entry called `name`. Raises ValueError, naming the configuration key and the known names, for any other."""
    if name not in table:
        raise ValueError(f"{key}: {one_of(table)}, but got {name!r}.")
    return table[name]


def one_of(names: Iterable[str]) -> str:
    """The rule of a choice."""
    return f"must be one of {', '.join(names)}"


def quoted(value: object) -> str:
    """A value as an error quotes it: all of a short one, both ends of a long one."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}...{text[-LONGEST // 4 :]}"


def first_line(documented: object) -> str:
    """What something is for, by its docstring."""
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def modules(package: str, path: Iterable[str]) -> Iterator[ModuleType]:
    """The modules of `package`, whose `__path__` is `path`: what lies in its folder is in its table."""
    for found in pkgutil.iter_modules(path):
        yield importlib.import_module(f"{package}.{found.name}")
