"""Where a study outlives the process: a journal file, or a database by its URL."""

import copy
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from src.disk import DamagedError, read_whole
from src.passwords import masked
from src.runs.files import JOURNAL
from src.search.database import Database, reason

CONTINUED = "continued"  # the last key of an entry whose write goes on with the next line: Optuna reads past it


class Journal(BaseJournalBackend):
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
            self._unread = deque(read_whole(path, _entries) if path.is_file() else [])
        self._unwritten: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Whatever has not been read: the storage reads each entry once, in order."""
        while self._unread:
            yield self._unread.popleft()

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._unread.extend(logs)
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


class GatheringStorage(JournalStorage):
    """Optuna's storage of one study over our journal. DamagedError, naming the file, if that is not what was written."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        read_whole(path, lambda _: super(GatheringStorage, self).__init__(self.journal))
        self._trials: list[FrozenTrial] = []
        for study in self.get_all_studies():
            self._trials += super().get_all_trials(study._study_id, deepcopy=False)
        self._open = [trial.number for trial in self._trials if not trial.state.is_finished()]

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        number = super().create_new_trial(study_id, template_trial)
        self._trials.append(self.get_trial(number))
        self._open.append(number)
        return number

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """As Optuna's, which looks at every trial each time; what has ended stays as it is."""
        for number in self._open:
            self._trials[number] = self.get_trial(number)
        self._open = [number for number in self._open if not self._trials[number].state.is_finished()]
        trials = self._trials.copy()
        if states is not None:
            is_open = not any(state in states for state in TrialState if state.is_finished())
            among = [trials[number] for number in self._open] if is_open else trials
            trials = [trial for trial in among if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials


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


@contextmanager
def answering() -> Iterator[None]:
    """Raises ValueError in one line, without the SQL, where the database of a study cannot be used inside."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _refused(error) from error


def open_storage(url: str | None, folder: Path) -> BaseStorage:
    """The storage at `url`, by default a journal in the study's folder; ValueError if it cannot be opened."""
    if url is None:
        try:
            return GatheringStorage(folder / JOURNAL)
        except DamagedError as error:
            raise ValueError(f"{str(error).rstrip('.')}; hydra.sweeper.resume=fresh begins another study.") from error
    try:
        return RDBStorage(url) if url.startswith("sqlite") else Database(url)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise _refused(error) from error
    except RuntimeError as error:  # what another program, or another version of Optuna, has noted of its tables
        raise ValueError(
            f"hydra.sweeper.storage: must be a database for studies alone (MLflow's is another), but got {masked(url)}"
        ) from error


def _refused(error: Exception) -> ValueError:
    return ValueError(f"hydra.sweeper.storage: must be the URL of a database that answers, but got: {reason(error)}")


def close_storage(storage: BaseStorage) -> None:
    """Give back the connections to a database."""
    storage.remove_session()
    if isinstance(storage, RDBStorage):
        storage.engine.dispose()
