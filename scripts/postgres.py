"""A PostgreSQL server of the project: for MLflow's records, and for studies (`make postgres`, `make postgres-stop`).

It lies in one folder with its password, and keeps its data there. As root it runs as user postgres: it refuses root.
"""

import argparse
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
USER = "lab"
DATABASES = ("mlflow", "studies")  # MLflow and Optuna both have a table alembic_version: one database for each


class Server:
    """The server in `folder`. Its methods raise ValueError, in one line, where a step cannot be done."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder.absolute(), folder.absolute() / "data"
        self.passwords = self.folder / "pgpass"  # as libpq reads it, if PGPASSFILE says so
        self.owner = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self.data.is_dir() and self._run("pg_ctl", "status", "-D", str(self.data), check=False) == 0

    def start(self, host: str, port: int) -> None:
        """Start it, unless it runs; the first time its data, its databases and its password are made."""
        if not self.data.is_dir():
            self._make()
        if not self.is_up:
            log, options = self.folder / "log", f"-c port={port} -c listen_addresses={host} -c unix_socket_directories="
            if self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(log), "-o", options, check=False):
                raise ValueError(f"{self.folder}: must be able to listen at {host}:{port}, but got an end; see {log}")
        for name in DATABASES:
            if not self._query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
                self._query(f"CREATE DATABASE {name}")

    def stop(self) -> None:
        """Stop it: whoever is connected is cut off, nothing that was committed is lost."""
        if not self.is_up:
            raise ValueError(f"{self.folder}: must have a server that runs, but got none")
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))

    def url(self, database: str) -> str:
        """Where `database` is; the password comes from PGPASSFILE."""
        host, port = self._place()
        return f"postgresql://{USER}@{host}:{port}/{database}"

    def _make(self) -> None:
        closed = [path for path in self.folder.parents if path.is_dir() and not path.stat().st_mode & 0o001]
        if os.getuid() == 0 and closed:
            raise ValueError(f"{self.folder}: must lie where user {self.owner} may enter, but got {closed[-1]}")
        self.folder.mkdir(parents=True, exist_ok=True)
        given, part = self.folder / "password", self.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)  # of a start that was killed
        for path in (given, self.passwords):
            path.touch(mode=0o600)
        password = secrets.token_urlsafe(24)
        given.write_text(password, encoding="utf-8")
        self.passwords.write_text(f"*:*:*:{USER}:{password}\n", encoding="utf-8")
        if os.getuid() == 0:
            for path in (self.folder, given, self.passwords):
                shutil.chown(path, self.owner)
        options = ["-U", USER, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={given}"]
        self._run("initdb", "-D", str(part), *options)
        with (part / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write("host all all all scram-sha-256\n")  # from wherever it listens to
        given.unlink()
        part.rename(self.data)

    def _place(self) -> tuple[str, str]:
        lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        port, host = lines[3], lines[5]
        return "127.0.0.1" if host in {"*", "0.0.0.0"} else host, port

    def _query(self, sql: str) -> str:
        command = [self._binary("psql"), "-XAtqw", self.url("postgres"), "-c", sql]
        variables = {**os.environ, "PGPASSFILE": str(self.passwords)}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(f"{self.folder}: the server must answer, but got: {' '.join(done.stderr.split())}")
        return done.stdout.strip()

    def _run(self, name: str, *arguments: str, check: bool = True) -> int:
        """Its exit status, as the server's owner; a status that is not 0 is a mistake if `check` says so."""
        command, user = [self._binary(name), *arguments], self.owner if os.getuid() == 0 else None
        with (self.folder / "commands.log").open("ab") as said:  # no pipe: the server would hold it open
            done = subprocess.run(command, user=user, cwd=self.folder, stdout=said, stderr=said, check=False)
        if check and done.returncode:
            raise ValueError(f"{name}: must end with status 0, but got {done.returncode}; see {said.name}")
        return done.returncode

    def _binary(self, name: str) -> str:
        """Debian keeps several versions beside one another: that of the data, else the newest."""
        version = self.data / "PG_VERSION"
        folders = sorted(DEBIAN.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
        if os.access(version, os.R_OK):
            folders = [DEBIAN / version.read_text(encoding="utf-8").strip() / "bin"]
        found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
        if found is None:
            raise ValueError(
                f"{name}: PostgreSQL must be installed (on Debian: apt-get install postgresql), but got none"
            )
        return found


def main() -> None:
    """`start` or `stop`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("start", "stop"))
    parser.add_argument("--folder", type=Path, default=Path("mlruns/postgres"))
    parser.add_argument("--host", default="127.0.0.1", help="the address that it listens to; 0.0.0.0: to all")
    parser.add_argument("--port", type=int, default=5433)
    given = parser.parse_args()
    server = Server(given.folder)
    try:
        if given.what == "stop":
            server.stop()
        else:
            server.start(given.host, given.port)
            print(
                f"PostgreSQL runs in {given.folder}; `make postgres-stop` stops it. Its password, for all that connects:"
            )
            print(f"export PGPASSFILE={server.passwords}")
            for name in DATABASES:
                print(server.url(name))
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
