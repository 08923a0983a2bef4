"""Runs that a process left which died without a word (SIGKILL, power)."""

import logging
import time
from pathlib import Path

from rich.console import Console

from src.disk import DamagedError
from src.runs.beginning import UNCLAIMED, clear, has_begun
from src.runs.files import OWNER
from src.runs.folder import ROOT, label
from src.runs.identity import Identity
from src.runs.owner import is_alive, read_owner, release
from src.runs.results import Results, results_of_broken
from src.runs.stop_reason import StopReason

log = logging.getLogger(__name__)

UNCLAIMED_SECONDS = 3600.0  # in which whoever made a folder has claimed it, or is gone


def close_orphans(console: Console, but: Path, root: Path = ROOT) -> None:
    """Say which runs were left, `but` one, and close their books; what is left of one that never began is removed."""
    for folder in orphans(root):
        if folder.resolve() == but.resolve():
            continue
        try:
            _close_orphan(console, folder)
        except OSError as error:  # what one left keeps no other from beginning
            log.warning(
                "%s: is left as it is, since it must be readable and writable, but got: %s.", folder, error.strerror
            )


def _close_orphan(console: Console, folder: Path) -> None:
    """The same of one."""
    owner = read_owner(folder)
    why = f"process {owner['pid']} is gone" if owner else "its process is gone"
    if not has_begun(folder):
        console.print(f"{folder}: {why}, before anything was trained; what it left is removed.", soft_wrap=True)
        clear(folder)
    elif folder.parent.name == "sweeps":
        console.print(f"{folder}: was left running, {why}; the same command goes on with it.", soft_wrap=True)
    else:
        told = f"was left running, {why}; resume={label(folder)} goes on with it"
        console.print(f"{label(folder)}: {told}.", soft_wrap=True)
        try:
            close(folder, why)
        except DamagedError as error:  # whoever goes on with it sees to that
            log.warning("%s", error)
    release(folder)


def orphans(root: Path = ROOT) -> list[Path]:
    """Folders of runs and sweeps that a process claimed, or made, which is gone."""
    claimed = [
        path.parent for pattern in ("runs/*", "sweeps/*", "sweeps/*/*") for path in root.glob(f"{pattern}/{OWNER}")
    ]
    return sorted([*(folder for folder in claimed if not is_alive(folder)), *_unclaimed(root)])


def close(folder: Path, why: str) -> Results:
    """The results of a run whose process is gone: those that it has, else that it was interrupted. Raises DamagedError."""
    results = Results.read(folder)
    if results is None:
        identity = Identity.read(folder)
        seed = int(identity.settings["seed"]) if identity else 0
        results = results_of_broken(seed, folder, StopReason.INTERRUPTED, why)
        results.write(folder)
    return results


def _unclaimed(root: Path) -> list[Path]:
    made = [folder for pattern in ("runs/*", "sweeps/*") for folder in root.glob(pattern) if folder.is_dir()]
    named = [folder for folder in made if {path.name for path in folder.iterdir()} <= UNCLAIMED]
    return [folder for folder in named if time.time() - folder.stat().st_mtime > UNCLAIMED_SECONDS]
