"""The files that a run leaves: their names, and how they are written so that no reader sees half of one."""

import csv
import json
from pathlib import Path
from typing import Any

from src.passwords import without_passwords

OWNER, RESULTS, CONFIG, HISTORY, CHECKPOINT = (
    "owner.json",
    "results.json",
    "config.yaml",
    "history.csv",
    "checkpoint.ckpt",
)
IDENTITY, FACTS = "identity.json", "tags.json"


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`, or an empty one if the file is not there; ValueError if it holds anything else."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: must hold JSON, but got: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: must hold a JSON object, but got a {type(found).__name__}.")
    return found


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` beside `path`, then rename it over it: a reader never sees half a file."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text`, less the passwords of URIs in it, beside `path`, then rename it over it."""
    part = path.with_name(path.name + ".part")
    part.write_text(without_passwords(text))
    part.replace(path)


def write_history(folder: Path, history: list[dict[str, float]]) -> None:
    """`history.csv`, rewritten whole from the committed history; numbers as Python prints them, so none is rounded."""
    lines = [",".join(history[0])] if history else []
    lines += [",".join(str(value) for value in row.values()) for row in history]
    write_text(folder / HISTORY, "\n".join(lines) + "\n")


def read_history(folder: Path) -> list[dict[str, float]]:
    """`history.csv` as it was written; empty if it is not there."""
    path = folder / HISTORY
    if not path.is_file():
        return []
    with path.open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
