"""A database with studies: while its server is restarted, whoever uses it waits."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker

from src.passwords import masked

T = TypeVar("T")
log = logging.getLogger(__name__)

WAIT_SECONDS = 300.0  # for a server that has gone, before the search ends with an error
LAST_SECONDS = 10.0  # once the search is broken off
RETRY_SECONDS = 1.0
CONNECT_SECONDS = 10
LOST = (OperationalError, InterfaceError, PendingRollbackError)  # how SQLAlchemy tells of a connection that broke

for name in ("optuna.storages._rdb.storage", "psycopg"):
    logging.getLogger(name).setLevel(logging.ERROR)  # they warn of lost connections, with their SQL


class Database:
    """Optuna's storage at `url`, for one driver, used from any of its threads. A server is waited for, a file is not.

    Raises what Optuna's does once a call has waited `WAIT_SECONDS` or was interrupted; from then on at once. Two threads may
    wait beside one another.
    """

    def __init__(self, url: str) -> None:
        timeout = {"connect_timeout": CONNECT_SECONDS} if url.startswith("postgresql") else {}
        self._is_file = url.startswith("sqlite")
        options = {} if self._is_file else {"pool_pre_ping": True, "connect_args": timeout}
        self._storage = RDBStorage(url, engine_kwargs=options)
        self._is_ending = threading.Event()
        self._is_down = self._was_given_up = False

    def answered(self, call: Callable[[RDBStorage], T]) -> T:
        """What `call` gives of what it does there, which is one transaction; it is made again until that is written."""
        began, tries = time.monotonic(), 0
        while True:
            try:
                answer = self._whole(call)
            except (SQLAlchemyError, StorageInternalError) as error:
                if self._is_file or not isinstance(error if isinstance(error, LOST) else error.__cause__, LOST):
                    raise
                self._wait(error, began)
            else:
                if tries and self._is_down:
                    self._is_down = False
                    log.warning("The study's database answers again.")
                return answer
            tries += 1

    def hurry(self) -> None:
        """Who waits for it does so for `LAST_SECONDS` at most."""
        self._is_ending.set()

    def close(self) -> None:
        """Give back the connections."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _whole(self, call: Callable[[RDBStorage], T]) -> T:
        """Optuna commits after each step; within a connection's own transaction that commits nothing."""
        storage = RDBStorage.__new__(RDBStorage)
        with self._storage.engine.begin() as connection:
            session = scoped_session(sessionmaker(connection, join_transaction_mode="rollback_only"))
            vars(storage).update(vars(self._storage), scoped_session=session)
            return call(storage)

    def _wait(self, error: Exception, began: float) -> None:
        """Before the next try; raises `error` if there is to be none."""
        patience = LAST_SECONDS if self._is_ending.is_set() else WAIT_SECONDS
        self._was_given_up |= time.monotonic() > began + patience
        if self._was_given_up:
            raise error
        if not self._is_down:
            self._is_down = True
            told = "The study's database does not answer: waiting for it, for %.0f s at most. (%s)"
            log.warning(told, patience, reason(error))
        try:
            time.sleep(RETRY_SECONDS)
        except BaseException:
            self._was_given_up = True
            raise


def reason(error: Exception) -> str:
    """Why a database cannot be used, in one line without SQL or passwords."""
    return masked(" ".join(str(error.__cause__ or error).partition("[SQL:")[0].split()))[:200]
