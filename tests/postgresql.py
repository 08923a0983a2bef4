"""A real PostgreSQL server, as `make postgres` starts it; where it is not installed, tests that ask for one are skipped."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from scripts.postgres import DATABASES, Server


class PostgreSQL(Server):
    """A server on a free port, to be emptied and started again."""

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """One in a folder of its own, which user postgres may enter."""
        with TemporaryDirectory(prefix="postgresql-", dir="/tmp") as folder, socket.socket() as free:
            os.chmod(folder, 0o755)
            free.bind(("127.0.0.1", 0))
            server = cls(Path(folder) / "server")
            server.free_port = free.getsockname()[1]
            free.close()
            server.begin()
            try:
                yield server
            finally:
                server.stop()

    free_port: int

    def begin(self) -> None:
        """Start it; skips the test where that cannot be."""
        try:
            self._binary("initdb")
        except ValueError as error:
            pytest.skip(str(error))
        self.start("127.0.0.1", self.free_port)

    def restart(self, seconds: float) -> None:
        """Stop it, and start it after so many seconds."""
        self.stop()
        time.sleep(seconds)
        self.begin()

    def empty(self) -> None:
        """Whatever the last test left is gone, whoever is still connected to it."""
        for name in DATABASES:
            self._query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._query(f"CREATE DATABASE {name}")
