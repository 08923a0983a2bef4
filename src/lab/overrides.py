"""Words of a call from Python as overrides, as they are typed on the command line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from typing import Any

from src.config.command_line import GROUPS, OPEN, in_quotes
from src.config.composition import composed_values
from src.config.leaves import leaves

WORD = re.compile(r"[A-Za-z_][\w./-]*")
NO_WORDS = ("null", "true", "false", "nan", "inf")
LISTED = (list, tuple, range)
LISTS = ("objective",)  # keys that may hold a list, though none is theirs by default


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both in it; of whole numbers whole numbers. `log`: by the logarithm."""

    low: float
    high: float
    log: bool = False

    def __str__(self) -> str:
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        text = f"{'range' if whole else 'interval'}({self.low},{self.high + 1 if whole else self.high})"
        return f"tag(log,{text})" if self.log else text


def interval(low: float, high: float, *, log: bool = False) -> Interval:
    """What a search draws from: numbers from `low` to `high`, whole ones of whole bounds; `log`: by the logarithm."""
    return Interval(low, high, log)


def typed(given: Sequence[Any], keys: Mapping[str, Any], *, of: Mapping[str, str], several: bool) -> list[str]:
    """The overrides that a call's positional arguments `given` and keywords `keys` stand for.

    A text without `=` is an experiment, one with it an override; a mapping has keys and values as keywords have. A key is one
    of the command line; in a keyword `__` is its dot, and the last part is enough where no other key ends so. `of`: what
    stands for keys of Hydra's own. `several`: the values of a list are tried one after another, of a range too.
    """
    texts = [text if "=" in text else f"+experiment={text}" for text in given if isinstance(text, str)]
    if odd := [one for one in given if not isinstance(one, (str, Mapping))]:
        raise ValueError(
            f"arguments: must be names of experiments, overrides or mappings, but got {type(odd[0]).__name__}."
        )
    pairs = list(chain.from_iterable(one.items() for one in given if isinstance(one, Mapping)))
    pairs += [(name.replace("__", "."), value) for name, value in keys.items()]
    flat = dict(chain.from_iterable(_flat(of.get(name, name), _listed(value)) for name, value in pairs))
    chosen = [text for name, value in flat.items() if (text := _choice(name, value, several)) is not None]
    settings = {name: value for name, value in flat.items() if _choice(name, value, several) is None}
    if not settings:
        return [*texts, *chosen]
    known = dict(leaves(composed_values(*(text for text in (*texts, *chosen) if "," not in text))))
    named = chain.from_iterable(_open(_key(name, known), value) for name, value in settings.items())
    return [*texts, *chosen, *(_override(name, value, known, several) for name, value in named)]


def text(value: Any) -> str:
    """A value as Hydra reads it."""
    value = _listed(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, LISTED):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{name}:{text(one)}' for name, one in value.items())}}}"
    if isinstance(value, (int, float)):
        return repr(value)
    if not isinstance(value, (str, PathLike)):
        raise ValueError(f"arguments: must be values that can be written down, but got {type(value).__name__}.")
    word = str(value)
    return word if WORD.fullmatch(word) and word.lower() not in NO_WORDS else in_quotes(word)


def _listed(value: Any) -> Any:
    """Lists in the place of arrays and of pandas' columns, Python's numbers in that of numpy's and torch's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_listed(one) for one in value] if isinstance(value, (list, tuple)) else value


def _open(name: str, value: Any) -> list[tuple[str, Any]]:
    """A mapping whose names are a user's own by its keys: in front of `=` any name can be spelled, in braces few."""
    if name in OPEN and isinstance(value, Mapping) and value:
        return [(f"{name}.{key}", one) for key, one in value.items()]
    return [(name, value)]


def _flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """A block of settings by its keys."""
    if isinstance(value, Mapping) and value and name in GROUPS:
        return list(chain.from_iterable(_flat(f"{name}.{key}", one) for key, one in value.items()))
    return [(name, value)]


def _choice(name: str, value: Any, several: bool) -> str | None:
    """Of a group of configurations; None for another key."""
    if name not in GROUPS:
        return None
    plus = "+" if name in ("experiment", "search") else ""
    if isinstance(value, str):
        return f"{plus}{name}={value}"
    if several and isinstance(value, LISTED) and all(isinstance(one, str) for one in value):
        return f"{plus}{name}={','.join(map(str, value))}"
    raise ValueError(f"{name}: must be a name or settings, but got {value!r}.")


def _key(name: str, known: Mapping[str, Any]) -> str:
    """The key that a name stands for; one that is not known is for Hydra to refuse."""
    if name in known or "." in name or name.startswith(("+", "~")) or any(key.startswith(f"{name}.") for key in known):
        return name
    ends = [key for key in known if key.endswith(f".{name}")]
    if len(ends) > 1:
        raise ValueError(f"{name}: must be one key, but got what ends several: {', '.join(ends)}.")
    return ends[0] if ends else name


def _override(name: str, value: Any, known: Mapping[str, Any], several: bool) -> str:
    if isinstance(value, Interval):
        return f"{name}={value}"
    is_list = name in LISTS or name.startswith("hydra.") or isinstance(known.get(name), list)
    if several and isinstance(value, LISTED) and (not is_list or all(isinstance(one, LISTED) for one in value)):
        return f"{name}={','.join(map(text, value))}"
    return f"{name}={text(value)}"
