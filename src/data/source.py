"""The table of data sources: the signature of a reader is the schema of its settings."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import create_model

from src.choices import first_line
from src.data.dataset import Dataset
from src.fields import Plug, Standardize

Reader = TypeVar("Reader", bound=Callable[..., Dataset])


class SourceSettings(Plug):
    """What every source has beside its reader's arguments."""

    standardize: Standardize


@dataclass(frozen=True)
class Source:
    """A reader and the schema of its settings. What task it is and whether of images, only its data tell."""

    read: Callable[..., Dataset]
    settings: type[SourceSettings]

    @property
    def purpose(self) -> str:
        return first_line(self.read)


SOURCES: dict[str, Source] = {}  # by the dotted path of the reader


def source(read: Reader) -> Reader:
    """Enters a reader into the table. Its arguments are annotated with the kinds of `src.fields`; it imports torch inside.

    An argument that is marked as `OTHER_SOURCE` is the settings of another source; `**shared: Unpack[Settings]` are those of
    a TypedDict.
    """
    SOURCES[f"{read.__module__}.{read.__qualname__}"] = Source(read, _settings(read))
    return read


def _settings(read: Callable[..., Dataset]) -> type[SourceSettings]:
    kinds = get_type_hints(read, include_extras=True)
    arguments: dict[str, Any] = {}
    for name, argument in inspect.signature(read).parameters.items():
        if argument.kind is inspect.Parameter.VAR_KEYWORD:  # settings that several readers take
            (settings,) = get_args(kinds[name])
            shared = get_type_hints(settings, include_extras=True)
            arguments |= {name: (kind, ...) for name, kind in shared.items()}
        else:
            arguments[name] = kinds[name], ... if argument.default is inspect.Parameter.empty else argument.default
    return create_model(read.__name__, __base__=SourceSettings, **arguments)
