"""A database's tables are made by one process at a time, on whichever machine: several at once break each other's."""

from collections.abc import Iterator
from contextlib import contextmanager

LOCK = int.from_bytes(b"mlflow")  # PostgreSQL knows a lock by a number
CONNECT_SECONDS = 10


@contextmanager
def alone_at(uri: str) -> Iterator[None]:
    """Inside, this process may make the tables at `uri`, and no other: in PostgreSQL, elsewhere nothing is held."""
    if not uri.startswith("postgresql"):
        yield
        return
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine(uri, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    with engine.begin() as connection:  # whose end, also that of a process that is killed, gives the lock back
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield
