"""The command line before Hydra reads it."""

import re
from collections.abc import Sequence

WHOLE = ("hydra.sweeper.sampler", "hydra.sweeper.pruner")
OPEN = ("tracking.tags", "data.columns")  # keys with names of a user's own below them
WORD = re.compile(r"[^\s,:=(){}\[\]][^,:=(){}\[\]]*")


def for_hydra(argv: Sequence[str]) -> list[str]:
    """The arguments as Hydra has to be told them.

    A mapping for a sampler or a pruner takes the place of a file's; Hydra alone would refuse or merge its keys. A tag, and a
    column, may have any name, and Hydra knows none. Beyond ASCII it takes text in quotes alone.
    """
    given = []
    for text in map(_quoted, argv):
        key, _, value = text.partition("=")
        if key in WHOLE and value.lstrip().startswith("{"):
            given += [f"~{key}", f"+{text}"]
        else:
            given.append(f"++{text}" if f"{key}.".startswith(tuple(f"{name}." for name in OPEN)) else text)
    return given


def _quoted(text: str) -> str:
    """`key=value` with quotes around each word of the value that is not ASCII; as it is, if it has quotes of its own."""
    key, equals, value = text.partition("=")
    if value.isascii() or {"'", '"', "\\"} & set(value):
        return text
    return key + equals + WORD.sub(lambda word: word[0] if word[0].isascii() else f"'{word[0]}'", value)


def key_values(arguments: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """`key=value` of each argument of a door without Hydra; ValueError for what is not one of `keys`, or comes twice."""
    given: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if key not in keys or not equals or not value or key in given:
            raise ValueError(f"command line: an argument must be {named(keys)}, each once, but got {argument!r}.")
        given[key] = value
    return given


def named(keys: Sequence[str]) -> str:
    """Keys as they are typed: a=..., b=... or c=..."""
    *first, last = (f"{key}=..." for key in keys)
    return f"{', '.join(first)} or {last}"
