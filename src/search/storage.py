"""Where a study outlives the process: a journal file, or a database by its URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from src.disk import DamagedError
from src.passwords import masked
from src.runs.files import JOURNAL
from src.search.database import Database, reason
from src.search.database_study import StudyInDatabase
from src.search.held import HeldStorage
from src.search.journal import StudyInJournal


@contextmanager
def answering() -> Iterator[None]:
    """Raises ValueError in one line, without the SQL, where the database of a study cannot be used inside."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _refused(error) from error


def open_storage(url: str | None, folder: Path, name: str) -> HeldStorage:
    """The storage of study `name` at `url`, by default a journal in the study's folder; ValueError if it cannot be opened."""
    if url is None:
        try:
            return StudyInJournal(folder / JOURNAL)
        except DamagedError as error:
            raise ValueError(f"{str(error).rstrip('.')}; hydra.sweeper.resume=fresh begins another study.") from error
    try:
        return StudyInDatabase(Database(url), name)
    except (SQLAlchemyError, StorageInternalError, ImportError, ValueError) as error:
        raise _refused(error) from error
    except RuntimeError as error:  # what another program, or another version of Optuna, has noted of its tables
        raise ValueError(
            f"hydra.sweeper.storage: must be a database for studies alone (MLflow's is another), but got {masked(url)}"
        ) from error


def _refused(error: Exception) -> ValueError:
    return ValueError(f"hydra.sweeper.storage: must be the URL of a database that answers, but got: {reason(error)}")
