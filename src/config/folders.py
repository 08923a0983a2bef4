"""Where a run or a sweep may leave its files: in a folder of its own. No name leads out of it."""

import os
import re
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from src import runs
from src.runs import beginning

NUMBER = "${hydra.job.num}"
NAME = re.compile(r"[\w.-]*\w[\w.-]*")  # of one file or folder


def check_places(hydra: Any, key: str, kind: str) -> None:
    """Raises ValueError unless the folder at `key`, hydra.run.dir or hydra.sweep.dir, and the names in it, are such.

    `kind`: what is to be in it, a run or a sweep.
    """
    for name, given in (("hydra.job.name", hydra.job.name), ("hydra.output_subdir", hydra.output_subdir)):
        if given is not None and not NAME.fullmatch(str(given)):
            raise ValueError(f"{name}: must be a name, which leads to no other folder, but got {given!r}.")
    here = Path.cwd().resolve()
    if "${" in str(here):
        raise ValueError(
            f"working directory: must have no ${{ in its path, which is read as a reference, but got {here}."
        )
    given = str(hydra.run.dir if key == "hydra.run.dir" else hydra.sweep.dir)
    folder = Path(os.path.realpath(given))  # links in a circle are for whoever writes
    project = Path(__file__).resolve().parent.parent.parent
    containers = [here, project, *(place.resolve() for place in (runs.ROOT, runs.ROOT / "runs", runs.ROOT / "sweeps"))]
    if any(container.is_relative_to(folder) for container in containers):
        raise ValueError(
            f"{key}: must be a folder of its own, not one that holds the project or its runs, but got {given!r}."
        )
    if folder.is_dir() and (found := {path.name for path in folder.iterdir()}) and not beginning.is_marked(folder):
        some = ", ".join(sorted(found)[:3])
        raise ValueError(
            f"{key}: must be a new folder, or one that holds what is gone on with, but got {given!r} with {some}."
        )
    for place in (folder, *folder.parents):
        if (kept := beginning.held(place)) and (place, kept) != (folder, kind):
            where = "is" if place == folder else f"lies in {place}, which is"
            raise ValueError(
                f"{key}: must be the {kind}'s alone, but got {given!r}, which {where} the folder of a {kept}."
            )


def check_numbered(hydra: Any) -> None:
    """Raises ValueError unless the folders of a multirun's jobs are called by their numbers, whatever launches them."""
    given = OmegaConf.to_container(hydra.sweep, resolve=False)["subdir"]  # type: ignore[index,call-overload]
    if given != NUMBER:
        told = "a sweep's folders are numbered, and `python -m src.runs sweep=NAME` tells what each is"
        raise ValueError(f"hydra.sweep.subdir: must be left out ({told}), but got {given}.")
