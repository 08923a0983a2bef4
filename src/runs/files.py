"""The files that a run leaves: their names, and how they are written and read."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from src import disk
from src.disk import DamagedError, read_whole
from src.passwords import without_passwords

OWNER, RESULTS, CONFIG, HISTORY, CHECKPOINT = (
    "owner.json",
    "results.json",
    "config.yaml",
    "history.csv",
    "checkpoint.ckpt",
)
IDENTITY, FACTS = "identity.json", "tags.json"
LEADERBOARD = "leaderboard.csv"  # in a sweep's folder
STATE = "mlflow.json"  # what is known of it in MLflow
HYDRAS, LOG = ".hydra", "train.log"
ENVIRONMENT = "environment.txt"
# In the folder of a sweep.
MULTIRUN, SWEEP, JOURNAL = "multirun.yaml", "sweep.json", "study.journal"
HEADLINE = "headline.json"  # of seeds: the means of their figures on test, with bounds
ENSEMBLE = "ensemble.json"  # its runs as one model: which, their threshold, and how good they are


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`, or an empty one if the file is not there; DamagedError if it holds anything else."""
    return _object(path, read_whole(path, lambda path: json.loads(path.read_bytes()))) if path.is_file() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in `path`; DamagedError if it holds anything else."""
    return _object(path, read_whole(path, _yaml))


def _yaml(path: Path) -> Any:
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        raise ValueError("its last line has no end")
    return yaml.load(content, Loader=yaml.CSafeLoader)


def _object(path: Path, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise DamagedError(f"{path}: must be whole, but got {found!r:.40} in the place of names and values.")
    return found


def write_json(path: Path, content: dict[str, Any], *, flush: bool = True) -> None:
    """`content` as the whole file `path`, less the passwords of URIs in it."""
    write_text(path, _text(content), flush=flush)


def write_jsons(contents: Mapping[Path, dict[str, Any]]) -> None:
    """The same for each path, flushed at once."""
    disk.write_texts({path: without_passwords(_text(content)) for path, content in contents.items()})


def write_text(path: Path, text: str, *, flush: bool = True) -> None:
    """`text`, less the passwords of URIs in it, as the whole file `path`. Pages have programs in them, and are not for this."""
    disk.write_text(path, without_passwords(text), flush=flush)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def write_history(folder: Path, history: list[dict[str, float]]) -> None:
    """`history.csv`, rewritten whole from the committed history; numbers as Python prints them, so none is rounded."""
    lines = [",".join(history[0])] if history else []
    lines += [",".join(str(value) for value in row.values()) for row in history]
    write_text(folder / HISTORY, "\n".join(lines) + "\n", flush=False)  # the checkpoint has it until the end


def read_history(folder: Path) -> list[dict[str, float]]:
    """`history.csv` as it was written; empty if it is not there. DamagedError if it is another table."""
    path = folder / HISTORY
    return read_whole(path, _rows) if path.is_file() else []


def _rows(path: Path) -> list[dict[str, float]]:
    text = path.read_text(encoding="utf-8")
    rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(text.splitlines())]
    if not text.endswith("\n") or [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
        raise ValueError("its epochs must follow one another, to the end of a line")
    return rows
