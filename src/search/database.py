"""A study in a database's server: while that is restarted, whoever uses the study waits."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError

from src.passwords import masked

log = logging.getLogger(__name__)

WAIT_SECONDS = 300.0  # for a server that has gone, before the search ends with an error
RETRY_SECONDS = 1.0
CONNECT_SECONDS = 10
LOST = (OperationalError, InterfaceError, PendingRollbackError)  # how SQLAlchemy tells of a connection that broke
METHODS = (*sorted(BaseStorage.__abstractmethods__), "_create_new_trial", "_get_trials")  # the last two of its cache

logging.getLogger("optuna.storages._rdb.storage").setLevel(
    logging.ERROR
)  # it warns of lost connections, with their SQL


class Database(RDBStorage):
    """Optuna's storage in a database, for one driver. Each call is made again until the server has answered it.

    Raises what Optuna's does once it has waited `WAIT_SECONDS` or was interrupted; from then on at once.
    """

    def __init__(self, url: str) -> None:
        timeout = {"connect_timeout": CONNECT_SECONDS} if url.startswith("postgresql") else {}
        super().__init__(url, engine_kwargs={"pool_pre_ping": True, "connect_args": timeout})
        self._is_down = self._was_given_up = False

    def answered(self, call: Callable[[], Any]) -> Any:
        """What `call`, which uses the database, gives."""
        ends, tries = time.monotonic() + WAIT_SECONDS, 0
        while True:
            try:
                answer = call()
            except (SQLAlchemyError, StorageInternalError) as error:
                if not isinstance(error.__cause__, LOST) or self._was_given_up:
                    raise
                self._was_given_up = True  # if this is the end of patience, or a Ctrl-C ends the sleep
                if time.monotonic() > ends:
                    raise
                self._tell(error)
                time.sleep(RETRY_SECONDS)
                self._was_given_up = False
            except UpdateFinishedTrialError:
                if not tries:
                    raise
                return True  # the end of a trial was written, though the answer was lost
            else:
                if tries and self._is_down:
                    self._is_down = False
                    log.warning("The study's database answers again.")
                return answer
            tries += 1

    def _tell(self, error: Exception) -> None:
        if not self._is_down:
            self._is_down = True
            why = reason(error)
            log.warning(
                "The study's database does not answer: waiting for it, for %.0f s at most. (%s)", WAIT_SECONDS, why
            )


def reason(error: Exception) -> str:
    """Why a database cannot be used, in one line without SQL or passwords."""
    return masked(" ".join(str(error.__cause__ or error).partition("[SQL:")[0].split()))[:200]


def _patient(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Database, *args: Any, **options: Any) -> Any:
        return self.answered(lambda: method(self, *args, **options))

    return call


for name in METHODS:
    setattr(Database, name, _patient(getattr(RDBStorage, name)))
