"""Where studies outlive the process: a journal file, or a database by its URL."""

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock
from sqlalchemy.exc import SQLAlchemyError

JOURNAL = "study.journal"  # in a study's folder


class Lock(BaseJournalFileLock):
    """A lock that the system gives back when its owner dies; Optuna's own outlive a SIGKILL and stop the next start."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(f"{path}.lock")

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


class Journal(BaseJournalBackend):
    """Optuna's journal file, in which `together` writes many entries at once: each write waits for the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(path)
        lock.acquire()
        _drop_half_a_line(path)
        lock.release()
        self._file = JournalFileBackend(str(path), lock_obj=lock)
        self._held = threading.local()  # `logs`: what this thread gathers

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        yield from self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        held: list[dict[str, Any]] | None = getattr(self._held, "logs", None)
        if held is None:
            self._file.append_logs(logs)
        else:
            held.extend(logs)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread appends inside is written at the end."""
        held = self._held.logs = []
        try:
            yield
        finally:
            self._held.logs = None
            if held:
                self._file.append_logs(held)


def _drop_half_a_line(path: Path) -> None:
    """What a process that was killed had not written to its end, or no one could read on."""
    if path.is_file() and not (text := path.read_bytes()).endswith(b"\n"):
        os.truncate(path, text.rfind(b"\n") + 1)


def open_storage(url: str | None, folder: Path) -> BaseStorage:
    """The storage at `url`, by default a journal in the study's folder; ValueError if it cannot be opened."""
    if url is None:
        return JournalStorage(Journal(folder / JOURNAL))
    try:
        return RDBStorage(url)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(
            f"hydra.sweeper.storage: must be the URL of a database that answers, but got: {why}"
        ) from error


@contextmanager
def together(storage: BaseStorage) -> Iterator[None]:
    """Many writes to `storage` as few."""
    backend = getattr(storage, "_backend", None)
    if isinstance(backend, Journal):
        with backend.together():
            yield
    else:
        yield


def close_storage(storage: BaseStorage) -> None:
    """Give back the connections to a database."""
    storage.remove_session()
    if isinstance(storage, RDBStorage):
        storage.engine.dispose()
