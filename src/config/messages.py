"""One line for a user's mistake: `<file or key>: <rule>, but got <value>.`"""

import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from omegaconf import Container, OmegaConf
from omegaconf.errors import (
    ConfigKeyError,
    GrammarParseError,
    InterpolationResolutionError,
    MissingMandatoryValue,
    OmegaConfBaseException,
    UnsupportedInterpolationType,
)

from src.choices import quoted
from src.config.leaves import leaves
from src.config.near import unknown_key
from src.config.refused import refusal
from src.config.unreadable import unreadable
from src.disk import FULL
from src.memory import is_out_of_memory

LAUNCHER = "hydra/launcher"
LONGEST = 600  # signs of a line
UNRESOLVED = (GrammarParseError, InterpolationResolutionError, UnsupportedInterpolationType)

# What Hydra says without naming a rule, and the line for it.
HYDRAS: dict[str, Callable[[re.Match[str]], str]] = {
    r"Ambiguous value for argument '(([^=]*)=(.*?))'": lambda found: (
        f"{found[2].lstrip('+')}: must be one value unless the command has -m, or a list in brackets, but got {quoted(found[3])}."
    ),
    r"Sweep parameters '(([^=]*)=.*)' requires --multirun": lambda found: (
        f"{found[2].lstrip('+')}: must be one value unless the command has -m (python -m src.train -m ...), "
        f"but got {found[1]}."
    ),
    r"Could not delete from config\. '(.*)' does not exist": lambda found: (
        f"{found[1]}: must be a key with a value to be deleted by ~ ({found[1]}=null takes its value away), but got none."
    ),
    r"Could not delete from config\. The value of '(.*)' is (.*) and not (.*)\.": lambda found: (
        f"{found[1]}: must be {found[2]} to be deleted so, but got {found[3]}."
    ),
    r"Could not append to config\. An item is already at '(.*?)'": lambda found: (
        f"{found[1]}: must be typed without + since it is there already, but got +{found[1]}=...."
    ),
    r"Additional config directory '(.*?)' not found": lambda found: (
        f"--config-dir: must be a folder, but got {found[1]!r}."
    ),
    r"Multiple values for (.*?)\. To override a value use 'override .*?: (.*?)'": lambda found: (
        f"{found[1]}: must be chosen once (a run that goes on keeps it), but got {found[2]} too."
    ),
    r"(\S+) appears more than once in the final defaults list": lambda found: (
        f"{found[1]}: must be chosen once, but got it twice."
    ),
    r"Could not override '(.*?)'": lambda found: f"{found[1]}: must be a known key or choice, but got {found[1]!r}.",
}


MISTAKES = (ValueError, OSError, HydraException, OmegaConfBaseException)
OURS = tuple(str(Path(__file__).resolve().parents[2] / room) for room in ("src", "experiments", "benchmarks"))


def mistake(error: BaseException) -> str | None:
    """The line for `error` if it is a user's mistake, or one of code of theirs; None if it is ours."""
    if line := unreadable(error):
        return explain(ValueError(line))
    if isinstance(error, MISTAKES):
        return explain(error)
    said = f"{type(error).__name__}: {error}"
    if is_out_of_memory(error):
        return explain(ValueError(f"memory: what is trained must fit into it, but got {said}"))
    if place := _in_users_code(error):
        return explain(ValueError(f"{place}: must not raise (HYDRA_FULL_ERROR=1 shows where from), but got {said}"))
    return None


def _in_users_code(error: BaseException) -> str | None:
    """The last line of a user's own code on the way to `error`."""
    libraries = (*OURS, sys.prefix, sys.base_prefix, "<")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(libraries)]
    return f"{theirs[-1].filename} line {theirs[-1].lineno}" if theirs else None


def explain(error: BaseException) -> str:
    """The line for `error`, whichever library raised it; without `error:` in front, and no longer than a screen has room for."""
    line = " ".join(_line(error).split()) or type(error).__name__
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 100]} ... {line[-90:]}"


def _line(error: BaseException) -> str:
    if isinstance(error, MissingConfigException):
        return _unknown_option(error)
    if isinstance(error, OverrideParseException):
        return (
            "command line: an argument must read key=value, a value of signs in quotes of its own (\"data.separator=';'\"), "
            f"but got {error.override!r}."
        )
    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return _line(error.__cause__)
    if isinstance(error, HydraException):
        return _of_hydra(error)
    if isinstance(error, OmegaConfBaseException):
        return _of_omegaconf(error)
    if isinstance(error, OSError) and error.errno in FULL:
        place = error.filename or os.getcwd()  # a library's writing names no file
        return f"{place}: must have room on its disk, but got: {error.strerror}, {_room(place)} left there."
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"{error.filename}: must be there, but got: {error.strerror}."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: must be readable and writable, but got: {error.strerror}."
    if isinstance(error, FileNotFoundError) and not error.filename:  # os.getcwd's
        return "working directory: must be there, but got one that was deleted."
    return str(error)


def _of_hydra(error: HydraException) -> str:
    if isinstance(cause := error.__cause__, OmegaConfBaseException):
        key, _, value = (
            str(error).rpartition("+")[2].partition("=")
        )  # Hydra ends with the override that would append it
        unknown = isinstance(cause, (ConfigKeyError, AttributeError))
        return (unknown and refusal(key, value)) or _of_omegaconf(cause)
    for pattern, line in HYDRAS.items():
        if found := re.search(pattern, str(error)):
            return line(found)
    return str(error)


def _of_omegaconf(error: OmegaConfBaseException) -> str:
    key, said = error.full_key, (error.msg or str(error)).partition("\n")[0]
    if isinstance(error, MissingMandatoryValue):
        return f"{key or said.rpartition(' ')[2]}: must be set, but got nothing."
    if isinstance(error, UNRESOLVED):
        return unresolved(key, error)
    if isinstance(error, (ConfigKeyError, AttributeError)) and hasattr(error.parent_node, "keys"):
        node: Any = error.parent_node
        return unknown_key(str(key), _names(node._get_root(), str(key)), [str(name) for name in node])
    return f"{key}: must be a value of its kind, but got: {said}."


def _names(root: Container, key: str) -> list[str]:
    """Of all keys of a run, or for one of Hydra's of Hydra's own."""
    values: Any = OmegaConf.to_container(root, resolve=False)
    is_hydras = key.startswith("hydra.")
    return [name for name, _ in leaves({one: value for one, value in values.items() if (one == "hydra") == is_hydras})]


def unresolved(key: object, error: OmegaConfBaseException) -> str:
    """The line for an interpolation that leads nowhere."""
    said = (error.msg or str(error)).partition("\n")[0]
    return f"{key}: must be a value, or ${{...}} that leads to one, but got: {said}."


def _room(path: str) -> str:
    place = next(folder for folder in Path(path).absolute().parents if folder.is_dir())
    return f"{shutil.disk_usage(place).free / 2**20:,.1f} MiB"


def _unknown_option(error: MissingConfigException) -> str:
    group, _, name = str(error.missing_cfg_file).rpartition("/")
    if not error.options:
        return str(error)
    others = " (hydra.launcher.workers=N trains in N processes, docs/slurm on a cluster)" if group == LAUNCHER else ""
    return f"{group}: must be one of {', '.join(error.options)}{others}, but got {name!r}."
