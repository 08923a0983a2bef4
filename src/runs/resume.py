"""`resume=RUN`: the command that a run was started with, once more."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from src.disk import read_whole
from src.passwords import is_hidden
from src.runs.files import HYDRAS
from src.runs.folder import find, in_sweep
from src.runs.seal import check_seal


def arguments(argv: Sequence[str]) -> list[str]:
    """The command line of a resumed run: what it was started with, then what was typed now; others are given back as they are."""
    resumed = [text.removeprefix("resume=") for text in argv if text.startswith("resume=") and text != "resume=null"]
    if not resumed:
        return list(argv)
    if {"-m", "--multirun"} & set(argv):
        raise ValueError(
            f"resume: must stand in a command without -m (that of a sweep goes on with it), but got {resumed[-1]}."
        )
    folder = find(resumed[-1], key="resume")
    if in_sweep(folder):
        raise ValueError(
            f"resume: must be a run of its own (the command of a sweep goes on with it), but got {resumed[-1]}."
        )
    check_seal(folder)
    typed = {text.lstrip("+") for text in argv}
    started = [text for text in overrides(folder) if text.lstrip("+") not in typed and not _is_given_again(text, argv)]
    return [*_config_dir(folder, argv), *started, *argv, "hydra.output_subdir=null"]


def overrides(folder: Path) -> list[str]:
    """The overrides that the run in `folder` was started with."""
    path = folder / HYDRAS / "overrides.yaml"
    return read_whole(path, _list) if path.is_file() else []


def _list(path: Path) -> list[str]:
    found = yaml.safe_load(path.read_bytes())
    if not isinstance(found, list):
        raise ValueError("it must be a list")
    return [str(text) for text in found]


def _is_given_again(started: str, argv: Sequence[str]) -> bool:
    """Whether an override whose password was not kept stands in `argv` once more; ValueError if it does not."""
    key = _key(started)
    if not is_hidden(started):
        return False
    if key not in map(_key, argv):
        raise ValueError(f"{key}: must be given again, since its password is not kept, but got {started!r}.")
    return True


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _config_dir(folder: Path, argv: Sequence[str]) -> list[str]:
    """The user's own folder of configurations, if the run was started with one."""
    path = folder / HYDRAS / "hydra.yaml"
    if not path.is_file() or any(text.startswith(("--config-dir", "-cd")) for text in argv):
        return []
    given = read_whole(path, _given)
    return ["--config-dir", *given[:1]] if given else []


def _given(path: Path) -> list[str]:
    sources = yaml.safe_load(path.read_bytes())["hydra"]["runtime"]["config_sources"]
    return [source["path"] for source in sources if source["provider"] == "command-line"]
