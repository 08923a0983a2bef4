"""Where studies outlive the process: a journal file, or a database by its URL."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from sqlalchemy.exc import SQLAlchemyError

JOURNAL = "study.journal"  # in a study's folder


class Journal(BaseJournalBackend):
    """Optuna's journal file, in which `together` writes many entries at once: each write waits for the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = JournalFileBackend(str(path))
        self._held: list[dict[str, Any]] | None = None

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        yield from self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        if self._held is None:
            self._file.append_logs(logs)
        else:
            self._held.extend(logs)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is appended inside is written at the end."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            if held:
                self._file.append_logs(held)


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
