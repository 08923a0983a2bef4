"""What has been trained as a table: a row for each run, from the folders alone."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic_core import from_json

from src import runs
from src.disk import DamagedError
from src.runs.files import CONFIG, IDENTITY, RESULTS
from src.runs.stop_reason import RunStatus

EXPERIMENT = re.compile(rb"^tracking:\n(?:  .*\n)*?  experiment: (.*)$", re.MULTILINE)
ENDED = "ended"  # when, UTC
TOLD = ("status", "stop_reason", "best_epoch", "stopped_epoch", "num_params", "threshold")
NESTED = (list, dict)
WHOLE = ("seed", "best_epoch", "stopped_epoch", "num_params")
REAL = ("value", "threshold", "seconds")
OF_RESULTS = (*TOLD, "value", "data", "seconds", ENDED)
FIRST = (
    *(
        "run",
        "sweep",
        "experiment",
        "status",
        "stop_reason",
        "seed",
        "best_epoch",
        "stopped_epoch",
        "objective",
        "value",
    ),
    *("num_params", "data", "threshold", "seconds", ENDED),
)  # columns that every run has; then its figures, then its settings


def runs_table(root: Path = runs.ROOT) -> pd.DataFrame:
    """A row for each run under `root`, single ones first, then those of sweeps.

    Columns: those of FIRST, its figures as `val_auroc` and `test_auroc_low`, and every setting that decides a number, by its
    key, a list as JSON. What has not ended is RUNNING, or KILLED where its process is gone, and has no figures.
    """
    rows = [row for label, sweep, folder in _folders(root) if (row := _row(label, sweep, folder)) is not None]
    found = {name: None for keys in {tuple(row): None for row in rows} for name in keys}
    figures = sorted(name for name in found if name.startswith(("val_", "test_")))
    empty = dict.fromkeys((*FIRST, *figures, *found))
    columns = list(zip(*({**empty, **row}.values() for row in rows), strict=True)) or [()] * len(empty)
    table = pd.DataFrame(dict(zip(empty, columns, strict=True)))
    whole = dict.fromkeys(WHOLE, "Int64")  # where a run has none, pandas would make floats of all
    real = dict.fromkeys(REAL, float)  # and what is no number of None alone
    return table.astype({**whole, **real}).assign(**{ENDED: pd.to_datetime(table[ENDED], unit="s", utc=True)})


def _folders(root: Path) -> Iterator[tuple[str, str | None, str]]:
    """How each run is called, its sweep, and its folder, as text: of thousands, paths would take most of the time."""
    for name in _names(f"{root}/runs"):
        yield name, None, f"{root}/runs/{name}"
    for sweep in _names(f"{root}/sweeps"):
        for number in sorted(filter(str.isdigit, _names(f"{root}/sweeps/{sweep}")), key=int):
            yield f"{sweep}/{number}", sweep, f"{root}/sweeps/{sweep}/{number}"


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _row(label: str, sweep: str | None, folder: str) -> dict[str, Any] | None:
    """None of a folder that holds no run, or one whose files are damaged, or deleted meanwhile."""
    try:
        settings = _settings(from_json(_read(folder, IDENTITY))["settings"])
        named = {"run": label, "sweep": sweep, "experiment": _experiment(_read(folder, CONFIG))}
        return {**settings, **dict.fromkeys(OF_RESULTS), **named, **_ended(folder)}  # `threshold` is a setting too
    except (ValueError, KeyError, TypeError, AttributeError, OSError, DamagedError):
        return None


def _read(folder: str, name: str) -> bytes:
    with open(f"{folder}/{name}", "rb") as file:
        return file.read()


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if value.__class__ in NESTED else value for name, value in given.items()}


def _experiment(config: bytes) -> str | None:
    """As the file says, without reading all of it: that takes a hundred times as long."""
    found = EXPERIMENT.search(config, max(0, config.rfind(b"\ntracking:")))
    return _name(found[1].decode()) if found else None


@cache
def _name(text: str) -> str | None:
    found: str | None = yaml.safe_load(text)
    return found


def _ended(folder: str) -> dict[str, Any]:
    """How it ended."""
    try:
        told = from_json(_read(folder, RESULTS))  # pydantic's reader takes half as long as Python's
    except FileNotFoundError:
        path = Path(folder)
        is_alive = runs.is_alive(path) or (path.name.isdigit() and runs.is_alive(path.parent))
        return {"status": RunStatus.RUNNING if is_alive else RunStatus.KILLED}
    return {
        **{name: told[name] for name in TOLD},
        **{f"{split}_{name}": value for split in ("val", "test") for name, value in (told[split] or {}).items()},
        "value": (told["objective"] or {}).get("value"),
        "data": (told["data"] or {}).get("name"),
        "seconds": (told["timing"] or {}).get("epochs_seconds"),
        ENDED: os.stat(f"{folder}/{RESULTS}").st_mtime,
    }
