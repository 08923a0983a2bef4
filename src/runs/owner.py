"""Which process owns a folder of runs."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from src.runs.files import OWNER, read_json, write_json
from src.runs.folder import ROOT


def claim(folder: Path) -> None:
    """Write down that this process works on `folder`; ValueError if another living process does."""
    owner = read_json(folder / OWNER)
    if lives(owner):
        raise ValueError(
            f"{folder}: a run must have one owner, but got a second while process {owner['pid']} on {owner['host']} is at it"
            f" (if that process is gone, delete {OWNER} there)."
        )
    write_json(folder / OWNER, this_process())


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """`folder` is this process's inside."""
    claim(folder)
    try:
        yield
    finally:
        release(folder)


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
