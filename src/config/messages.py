"""One line for a user's mistake: `<file or key>: <rule>, but got <value>.`"""

import shutil
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from src.config.refused import REFUSED, refusal
from src.disk import FULL


def explain(error: BaseException) -> str:
    """The line for `error`, whichever library raised it; without `error:` in front."""
    if isinstance(error, MissingConfigException):
        return _unknown_option(error)
    if isinstance(error, OverrideParseException):
        return (
            "command line: an argument must read key=value, a value of signs in quotes of its own (\"data.separator=';'\"), "
            f"but got {error.override!r}."
        )
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        if (key := error.__cause__.full_key) in REFUSED:
            return refusal(key, str(error).rpartition("=")[2])  # Hydra ends with the override that would append it
        return explain(error.__cause__)
    if isinstance(error, OmegaConfBaseException) and hasattr(error.parent_node, "keys"):
        known = ", ".join(str(name) for name in error.parent_node)
        return f"{error.full_key}: must be a known key, but got {str(error.key)!r}; known here: {known}."
    if isinstance(error, OSError) and error.filename and error.errno in FULL:
        return f"{error.filename}: must have room on its disk, but got: {error.strerror}, {_room(error.filename)} left there."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: must be readable and writable, but got: {error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__


def _room(path: str) -> str:
    place = next(folder for folder in Path(path).absolute().parents if folder.is_dir())
    return f"{shutil.disk_usage(place).free / 2**20:,.1f} MiB"


def _unknown_option(error: MissingConfigException) -> str:
    group, _, name = str(error.missing_cfg_file).rpartition("/")
    if not error.options:
        return " ".join(str(error).split())
    return f"{group}: must be one of {', '.join(error.options)}, but got {name!r}."
