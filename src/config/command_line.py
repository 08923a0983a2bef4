"""The command line before Hydra reads it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Sweep

from src.choices import quoted
from src.config.elsewhere import TRAINER

CONF = Path(__file__).resolve().parent.parent.parent / "conf"
GROUPS = {path.name: path for path in CONF.iterdir() if path.is_dir() and path.name != "hydra"}
SPACE = "hydra.sweeper.params"
WHOLE = ("hydra.sweeper.sampler", "hydra.sweeper.pruner")
SETTINGS_OF = ("hydra.sweeper.sampler.", "hydra.sweeper.pruner.")  # Optuna's own, of which not all stand in a file
OPEN = ("tracking.tags", "data.columns")  # keys with names of a user's own below them
OF_RANK = "hydra.job.name=train_ddp_process_"  # Lightning adds it, and others, to a command for its other processes
WORD = re.compile(r"[^\s,:=(){}\[\]][^,:=(){}\[\]]*")
NAME = re.compile(r"(?<=[{,])\s*([^\s,:=(){}\[\]][^,:=(){}\[\]]*)(?=:)")  # of a mapping
NO_CHOICE = re.compile(r"null|true|false|[-+.\d]+(e[-+]?\d+)?|[\[{].*|", re.IGNORECASE)
OF_ALL = ("experiment", "search")  # groups of which none is chosen at first, as Hydra's + says
SIGN = re.compile(r"_u([0-9a-f]+)_")


def options_first(argv: Sequence[str]) -> list[str]:
    """Hydra's own options, then all overrides, which it takes in one piece alone; ValueError for no option of its."""
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign, assignment]
    known, rest = parser.parse_known_args(argv)
    if unknown := [text for text in rest if text.startswith("-")]:
        _refuse(unknown[0])
    overrides, options = [*known.overrides, *rest], list(argv)
    for text in overrides:
        options.remove(text)
    return [*options, *overrides]


def each_once(argv: Sequence[str]) -> list[str]:
    """The arguments; ValueError where two of them set one key: Hydra takes the last. What `~` deletes may be set anew."""
    if any(text.startswith(OF_RANK) for text in argv):
        return list(argv)
    given: dict[str, str] = {}
    for text in argv:
        key = text.lstrip("+").partition("=")[0]
        if "=" not in text or text.startswith(("-", "~")):
            continue
        if key in given:
            raise ValueError(f"{key}: must be given once, but got {quoted(given[key])} and {quoted(text)}.")
        given[key] = text
    return list(argv)


def _refuse(said: str) -> NoReturn:
    raise ValueError(f"command line: an option must be one of Hydra's (--hydra-help tells them), but got {said}.")


def for_hydra(argv: Sequence[str]) -> list[str]:
    """The arguments as Hydra has to be told them.

    A mapping for a sampler or a pruner takes the place of a file's; Hydra alone would refuse or merge its keys, and a setting of
    theirs that the file does not name. A tag, and a column, may have any name, and Hydra knows none: its signs that Hydra does
    not read are spelled. Beyond ASCII it takes text in quotes alone. A plus is no matter where only one thing can be meant.
    ValueError where a choice is no name.
    """
    given = []
    for text in map(_quoted, argv):
        key, _, value = text.partition("=")
        if key == "trainer" and not value.lstrip().startswith("{"):
            raise ValueError(f"trainer: must be left out ({TRAINER}), but got {value}.")
        if (group := key.lstrip("+").partition("@")[0]) in GROUPS and NO_CHOICE.fullmatch(value.strip()):
            known = ", ".join(sorted(path.stem for path in GROUPS[group].glob("*.yaml")))
            raise ValueError(f"{group}: must be a name (of ours: {known}), but got {value or 'nothing'}.")
        if key in OF_ALL:
            text = f"+{text}"
        elif key.startswith("+trainer."):  # Lightning's arguments are all there, those that are left out too
            text, key = text[1:], key[1:]
        if key.lstrip("+").startswith(SPACE):
            _check_quoted(text)
        if key.lstrip("+") == SPACE:  # every sweeper has it, though it may be null, and any name may stand in it
            text = f"++{SPACE}={value}"
        if key in WHOLE and value.lstrip().startswith("{"):
            given += [f"{key}=null", f"+{text}"]
        elif block := next((name for name in OPEN if f"{key.lstrip('+')}.".startswith(f"{name}.")), None):
            given.append(f"++{block}{_spelled(key.lstrip('+').removeprefix(block), block)}={value}")
        elif key.startswith(SETTINGS_OF):
            given.append(f"++{text}")
        else:
            given.append(text)
    return given


def _check_quoted(text: str) -> None:
    """ValueError where a space that is typed as one of Hydra's own keys holds sweeps as such, which Hydra has nowhere."""
    (override,) = OverridesParser.create().parse_overrides([text])
    value = override.value()
    if override.is_sweep_override() or (
        isinstance(value, dict) and any(isinstance(one, Sweep) for one in value.values())
    ):
        rule = (
            """hold sweeps in quotes (hydra.sweeper.params='{seed: "1,2"}'), if it is not typed key by key (seed=1,2)"""
        )
        raise ValueError(f"{SPACE}: must {rule}, but got {text.partition('=')[2]}.")


def as_typed(overrides: Sequence[str]) -> list[str]:
    """Overrides as people type them, of what `for_hydra` has made of them."""
    whole = {f"+{key}" for key in WHOLE if any(text.startswith(f"+{key}=") for text in overrides)}
    kept = [text for text in overrides if f"+{text.removesuffix('=null')}" not in whole]
    return [text[1:] if text.partition("=")[0] in whole else _as_typed(text) for text in kept]


def _as_typed(override: str) -> str:
    typed = override.removeprefix("++")
    return read_name(typed) if typed.startswith(OPEN) else typed if typed.startswith(SETTINGS_OF) else override


def read_name(name: str) -> str:
    """A name whose signs `for_hydra` has spelled."""
    return SIGN.sub(lambda found: chr(int(found[1], 16)), name)


def _spelled(name: str, block: str) -> str:
    """A dot divides the parts of a tag's name; a column's it belongs to."""
    kept = "_-." if block == "tracking.tags" else "_-"
    own = SIGN.sub(lambda found: f"_u5f_{found[0][1:]}", name.removeprefix("."))
    coded = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in kept) else f"_u{ord(sign):x}_" for sign in own
    )
    return f".{coded}" if name else ""


def _quoted(text: str) -> str:
    """`key=value` with quotes around each word of the value that is not ASCII; as it is, if it has quotes of its own.

    A name in a mapping, which cannot have quotes, is spelled.
    """
    key, equals, value = text.partition("=")
    if value.isascii() or {"'", '"', "\\"} & set(value):
        return text
    value = NAME.sub(lambda name: name[0] if name[1].isascii() else _spelled(f".{name[1]}", "")[1:], value)
    return key + equals + WORD.sub(lambda word: word[0] if word[0].isascii() else f"'{word[0]}'", value)


def in_quotes(text: str) -> str:
    """A text in quotes, as Hydra reads it: a backslash is doubled in front of a quote alone."""
    doubled = re.sub(r"(\\+)('|$)", lambda found: found[1] * 2 + found[2], text)
    return "'" + doubled.replace("'", "\\'") + "'"


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
