"""Runs that a process left which died without a word (SIGKILL, power)."""

from pathlib import Path

from rich.console import Console

from src.runs.files import OWNER, read_json
from src.runs.folder import label
from src.runs.identity import read_config
from src.runs.owner import orphans, release
from src.runs.results import Results, results_of_broken
from src.runs.stop_reason import StopReason


def close_orphans(console: Console, but: Path) -> None:
    """Say which runs were left, `but` one, and close their books."""
    for folder in orphans():
        if folder.resolve() == but.resolve():
            continue
        why = f"process {read_json(folder / OWNER)['pid']} is gone"
        if folder.parent.name == "sweeps":
            console.print(f"{folder}: was left running, {why}; the same command goes on with it.")
        else:
            console.print(f"{label(folder)}: was left running, {why}; resume={label(folder)} goes on with it.")
            close(folder, why)
        release(folder)


def close(folder: Path, why: str) -> Results:
    """The results of a run whose process is gone: those that it has, else that it was interrupted."""
    results = Results.read(folder)
    if results is None:
        results = results_of_broken(int(read_config(folder)["seed"]), folder, StopReason.INTERRUPTED, why)
        results.write(folder)
    return results
