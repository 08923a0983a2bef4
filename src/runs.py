"""The folders that runs leave under `mlruns/`, and which process owns one."""

import csv
import json
import os
import secrets
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

ROOT = Path("mlruns")
OWNER, RESULTS, CONFIG, HISTORY, CHECKPOINT = (
    "owner.json",
    "results.json",
    "config.yaml",
    "history.csv",
    "checkpoint.ckpt",
)


def new_name() -> str:
    """`<UTC time>-<8 hex>`: sorts by time, and two runs of one second do not meet."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def run_folders(root: Path = ROOT) -> list[Path]:
    """Every folder of a run under `root`, oldest name first: single runs, then the members of sweeps."""
    return [path.parent for pattern in ("runs/*", "sweeps/*/*") for path in sorted(root.glob(f"{pattern}/{CONFIG}"))]


def label(folder: Path) -> str:
    """How a run is called: its folder's name, in a sweep `<study>/<number>`."""
    folder = folder.resolve()
    return f"{folder.parent.name}/{folder.name}" if in_sweep(folder) else folder.name


def in_sweep(folder: Path) -> bool:
    """Whether the run in `folder` is a member of a sweep."""
    return folder.resolve().parent.parent.name == "sweeps"


def find(run: str, root: Path = ROOT) -> Path:
    """The folder of a run, by its name, its path or its MLflow id; ValueError if there is none."""
    for folder in (Path(run), root / "runs" / run, root / "sweeps" / run):
        if run and (folder / CONFIG).is_file():
            return folder
    for folder in run_folders(root):
        if run in (label(folder), read_json(folder / "mlflow.json").get("run_id")):
            return folder
    raise ValueError(f"run: must be the folder name or the MLflow id of a run under {root}/, but got {run!r}.")


def claim(folder: Path) -> None:
    """Write down that this process works on `folder`; ValueError if another living process does."""
    owner = read_json(folder / OWNER)
    if lives(owner):
        raise ValueError(
            f"{folder}: a run must have one owner, but got a second while process {owner['pid']} on {owner['host']} is at it"
            f" (if that process is gone, delete {OWNER} there)."
        )
    write_json(folder / OWNER, this_process())


def release(folder: Path) -> None:
    """Give the folder up at the end of a run."""
    (folder / OWNER).unlink(missing_ok=True)


def is_alive(folder: Path) -> bool:
    """Whether the process that claimed `folder` still runs."""
    owner = read_json(folder / OWNER)
    return owner.get("pid") == os.getpid() or lives(owner)


def this_process() -> dict[str, Any]:
    """What an owner is known by."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": psutil.Process().create_time()}


def lives(owner: Mapping[str, Any]) -> bool:
    """Whether `owner` is another process that still runs. Of another host's process nobody can tell: it counts as alive."""
    if not owner:
        return False
    if owner["host"] != socket.gethostname():
        return True
    try:
        return owner["pid"] != os.getpid() and abs(psutil.Process(owner["pid"]).create_time() - owner["started"]) < 1.0
    except psutil.NoSuchProcess:
        return False


def orphans(root: Path = ROOT) -> list[Path]:
    """Folders of runs and sweeps whose owner died without a word (SIGKILL, power): claimed, not alive."""
    claimed = [
        path.parent for pattern in ("runs/*", "sweeps/*", "sweeps/*/*") for path in root.glob(f"{pattern}/{OWNER}")
    ]
    return sorted(folder for folder in claimed if not is_alive(folder))


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`, or an empty one if the file is not there."""
    return json.loads(path.read_text()) if path.is_file() else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` beside `path`, then rename it over it: a reader never sees half a file."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` beside `path`, then rename it over it."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
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
