"""Which process owns a folder of runs, and whether it still lives."""

import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from src.disk import DamagedError
from src.runs.files import OWNER, read_json, write_json
from src.runs.heartbeat import STALE_SECONDS, Heartbeat

log = logging.getLogger(__name__)


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """`folder` is this process's inside, which may own it already; ValueError if another living process does."""
    if read_owner(folder) == this_process():
        yield
        return
    claim(folder)
    heartbeat = Heartbeat(lambda: os.utime(folder / OWNER))
    try:
        yield
    finally:
        heartbeat.stop()
        release(folder)


def claim(folder: Path) -> None:
    """Write down that this process works on `folder`; ValueError if another living process does."""
    owner = read_owner(folder)
    if lives(owner, seen := seen_seconds(folder)):
        where = "" if _is_here(owner) else f" on {owner['host']}, seen {seen:.0f} s ago"
        raise ValueError(
            f"{folder}: a run must have one owner, but got a second while process {owner['pid']}{where} is at it"
            f" (if that process is gone, delete {OWNER} there)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / OWNER, this_process())


def release(folder: Path) -> None:
    """Give the folder up at the end of a run."""
    (folder / OWNER).unlink(missing_ok=True)


def read_owner(folder: Path) -> dict[str, Any]:
    """Who claimed `folder`; empty if nobody did, or, with a warning, if that cannot be read."""
    try:
        found = read_json(folder / OWNER)
        if found and not found.keys() >= this_process().keys():
            raise DamagedError(f"{folder / OWNER}: must name a process, but got {found}.")
    except DamagedError as error:
        log.warning("%s Nobody counts as its owner.", error)
        return {}
    return found


def is_alive(folder: Path) -> bool:
    """Whether the process that claimed `folder` still runs."""
    owner = read_owner(folder)
    return owner == this_process() or lives(owner, seen_seconds(folder))


def this_process() -> dict[str, Any]:
    """What an owner is known by."""
    return dict(_process(os.getpid()))


@cache
def _process(pid: int) -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "pids": _pids(),
        "pid": pid,
        "started": psutil.Process(pid).create_time(),
    }


def lives(owner: Mapping[str, Any], seen: float) -> bool:
    """Whether `owner` is another process that still runs; of one that cannot be looked at, if it was `seen` (seconds ago)."""
    if not owner:
        return False
    if not _is_here(owner):
        return seen < STALE_SECONDS
    try:
        return owner["pid"] != os.getpid() and abs(psutil.Process(owner["pid"]).create_time() - owner["started"]) < 1.0
    except psutil.NoSuchProcess:
        return False


def seen_seconds(folder: Path) -> float:
    """How long ago the owner of `folder` gave a sign of life."""
    try:
        return time.time() - (folder / OWNER).stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _is_here(owner: Mapping[str, Any]) -> bool:
    return bool(owner["pids"] == _pids())


@cache
def _pids() -> str:
    """Where numbers of processes mean the same: one start of one machine, outside or inside one container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()
