"""`resume=RUN`: the same configuration again, and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from src import runs
from src.config.leaves import leaves

FREE = ("trainer", "tracking", "resume")  # keys that may change on the way: they do not decide a number
ENDED = ("patience", "epochs", "diverged", "pruned")


def arguments(argv: Sequence[str]) -> list[str]:
    """The command line of a resumed run: what it was started with, then what was typed now; others are given back as they are."""
    resumed = [text.removeprefix("resume=") for text in argv if text.startswith("resume=") and text != "resume=null"]
    if not resumed:
        return list(argv)
    folder = runs.find(resumed[-1])
    started = [text for text in overrides(folder) if text not in argv]
    return [*started, *argv, "hydra.output_subdir=null"]


def overrides(folder: Path) -> list[str]:
    """The overrides that the run in `folder` was started with."""
    path = folder / ".hydra" / "overrides.yaml"
    return list(yaml.safe_load(path.read_text()) or []) if path.is_file() else []


def check_unchanged(stored: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise ValueError with the difference if a key that decides a number is not as it was."""
    before, after = dict(leaves(stored)), dict(leaves(now))
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    differences = [
        f"{key}={after.get(key)} (was {before.get(key)})" for key in changed if key.split(".")[0] not in FREE
    ]
    if differences:
        raise ValueError(f"resume: only {', '.join(FREE[:2])} may change in a run, but got {', '.join(differences)}.")
