"""A study in a file of the search's folder: a journal of what Optuna was told, which Optuna reads as its own."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from src.disk import read_whole
from src.search.held import HeldStorage, Operations

CONTINUED = "continued"  # the last key of an entry whose write goes on with the next line: Optuna reads past it


class Journal(Operations):
    """A file as Optuna's JournalFileBackend has it, for one storage: entries are gathered, and read back from memory.

    What one `taken` writes is on disk whole or not at all. One process writes at a time: what another one appends
    meanwhile is seen at the next start.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = FileLock(f"{path}.lock")  # Optuna's own outlive a SIGKILL; this one dies with its owner
        self._writing = threading.Lock()  # beside it: who waits for a file's lock looks 20 times a second
        with self._lock:
            _drop_half_a_write(path)
            super().__init__(read_whole(path, _entries) if path.is_file() else [])
        self._unwritten: list[dict[str, Any]] = []

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        super().append_logs(logs)
        self._unwritten.extend(logs)

    def taken(self) -> Callable[[], None]:
        """What has been gathered so far, as a call that writes it, from any thread."""
        logs, self._unwritten = self._unwritten, []
        return lambda: self._write(logs)

    def _write(self, logs: list[dict[str, Any]]) -> None:
        if not logs:
            return
        entries = [*({**log, CONTINUED: True} for log in logs[:-1]), logs[-1]]
        lines = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        try:
            with self._writing, self._lock, self.path.open("ab") as file:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error


class StudyInJournal(HeldStorage):
    """A study in the journal at `path`. DamagedError, naming the file, if that is not what was written."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        read_whole(path, lambda _: super(StudyInJournal, self).__init__(self._journal))

    def taken(self) -> Callable[[], None]:
        return self._journal.taken()


def _entries(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    if not all(isinstance(entry, dict) and "op_code" in entry for entry in found):
        raise ValueError("each line must be an operation")
    return found


def _drop_half_a_write(path: Path) -> None:
    """What a process that was killed had not written to its end, or no one could read on."""
    if not path.is_file():
        return
    goes_on = f',"{CONTINUED}":true}}\n'.encode()
    size = whole = 0
    content = path.read_bytes()
    for line in content.splitlines(keepends=True):
        size += len(line)
        if line.endswith(b"\n") and not line.endswith(goes_on):
            whole = size
    if content and not content.startswith(b"{"):
        return  # no journal: whoever reads it says so
    if whole < size:
        os.truncate(path, whole)
