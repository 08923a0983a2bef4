"""What `--help` tells of every choice: made from the schema and the tables behind it."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from src.choices import first_line
from src.config.schema import Run
from src.data.sources import SOURCES
from src.fields import Block, NameIn
from src.models.arguments import MODELS


def choices() -> str:
    """Each key that is a choice, with what it may be, what that is for, on which tasks and with which settings."""
    tables = {**_tables(Run), "model._target_": MODELS, "data._target_": SOURCES}
    for settings in MODELS.values():
        tables |= _tables(settings, "model.")
    return "\n\n".join(f"{key}\n{_entries(table)}" for key, table in tables.items())


def _tables(kind: type[Block], prefix: str = "") -> dict[str, Mapping[str, Any]]:
    """The tables that settings of this kind choose from, by key."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Block):
            found |= _tables(field.annotation, f"{prefix}{name}.")
        found |= {f"{prefix}{name}": mark.table for mark in _marks(field.annotation, field.metadata)}
    return found


def _marks(annotation: Any, metadata: Any) -> Iterator[NameIn]:
    """The marks of a choice on an annotation or inside it."""
    for mark in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(of := getattr(mark, "func", None), NameIn):
            yield of
    for part in get_args(annotation):
        yield from _marks(part, ())


def _entries(table: Mapping[str, Any]) -> str:
    width = max(map(len, table))
    return "\n".join(f"  {name:{width}}  {_told(entry)}" for name, entry in table.items())


def _told(entry: Any) -> str:
    """What an entry says of itself; a plain function by its docstring."""
    tasks, takes = getattr(entry, "tasks", ()), getattr(entry, "takes", ())
    limits = [", ".join(tasks)] if tasks else []
    limits += [f"takes {', '.join(takes)}"] if takes else []
    purpose = getattr(entry, "purpose", None) or first_line(entry)
    return f"{purpose}{''.join(f' [{limit}]' for limit in limits)}"
