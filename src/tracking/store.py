"""Where MLflow's records live, and a client for it."""

import logging
import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from src import runs
from src.config.environment import from_environment
from src.disk import DamagedError
from src.passwords import is_hidden, without_passwords
from src.tracking.deadline import impose_deadline
from src.tracking.deleted import deleted_experiment
from src.tracking.moved import follow_project
from src.tracking.tables import alone_at

# A server that is down must cost seconds, not MLflow's default of minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # what is trained here is nobody else's business
KIND = {"mlflow.experimentKind": "custom_model_development"}  # else the pages show it as a chat application
PARENT = "mlflow.parentRunId"
VARIABLE = "MLFLOW_TRACKING_URI"
QUIET = ("alembic", "mlflow")
SQLITE = "sqlite:///"


def configured_uri(given: str | None) -> str:
    """The tracking URI: as given, else MLFLOW_TRACKING_URI, else a SQLite file under mlruns/; files from the root."""
    uri = given or os.environ.get(VARIABLE) or f"{SQLITE}{runs.ROOT / 'mlflow.db'}"
    return f"{SQLITE}{_path(uri)}" if uri.startswith(SQLITE) and "${" not in uri else uri


def resolve_uri(given: str | None) -> str:
    """The same to connect to: what the environment gives is filled in, and a password that was not kept.

    Raises ValueError if they are not to be had.
    """
    uri, variable = configured_uri(from_environment(configured_uri(given))), os.environ.get(VARIABLE, "")
    if not is_hidden(uri):
        return uri
    if without_passwords(variable) == uri:
        return variable
    raise ValueError(f"uri: must be given again, by {VARIABLE} or --uri, since its password is not kept, but got {uri}")


def is_same(uri: str, other: str) -> bool:
    """Whether two URIs, as configured or as kept, are of one place."""
    return _place(uri) == _place(other)


def portable_uri(uri: str) -> str:
    """`uri` as it is noted: a SQLite file inside the project from the project's folder."""
    if not uri.startswith(SQLITE) or "${" in uri or not _path(uri).is_relative_to(_project()):
        return uri
    return f"{SQLITE}{_path(uri).relative_to(_project())}"


def connect(uri: str) -> Any:
    """An MlflowClient of `uri`. The first call imports MLflow; the first on a new SQLite file or database creates the tables.

    A SQLite file that moved with its project is told where the project's files lie now. DamagedError for one that is none.
    """
    from mlflow.tracking import MlflowClient

    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # MLflow logs a traceback of what it raises
    if not uri.startswith(SQLITE):
        impose_deadline()
        with alone_at(uri):
            return MlflowClient(uri)
    path = _path(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):  # two processes that create the tables at once break each other's
        if not path.is_file():  # one that is killed on the way leaves tables that MLflow can never complete
            part = path.with_name(f"{path.name}.part")
            part.unlink(missing_ok=True)
            MlflowClient(f"{SQLITE}{part}").search_experiments(max_results=1)
            part.replace(path)
        check_database(path)
        client = MlflowClient(uri)
        client.search_experiments(max_results=1)
        if path.is_relative_to(_project()):
            follow_project(path, _project())
    return client


def check_database(path: Path) -> None:
    """Raises DamagedError, saying what to do, unless the file at `path` begins as a SQLite database and is as long as it says."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master")
        reason = "" if path.stat().st_size else "an empty file"
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # one that is locked, say
            return
        reason = str(error)
    if reason:
        raise DamagedError(
            f"{path}: must be a whole SQLite database, but got {reason}; move it away, and `python -m src.sync --again` sends "
            "what was recorded here to a new one."
        )


def experiment_id(client: Any, uri: str, name: str) -> str:
    """The id of experiment `name`, created if it is not there; a local store keeps its artifacts under mlruns/artifacts/.

    DeletedError if it was deleted.
    """
    from mlflow.exceptions import MlflowException

    if found := client.get_experiment_by_name(name):
        if found.lifecycle_stage == "deleted":
            raise deleted_experiment(uri, found)
        return str(found.experiment_id)
    local = not uri.startswith(("http://", "https://"))
    location = (runs.ROOT / "artifacts" / slug(name)).resolve().as_uri() if local else None
    try:
        return str(client.create_experiment(name, artifact_location=location, tags=KIND))
    except MlflowException:  # another process was faster
        return str(client.get_experiment_by_name(name).experiment_id)


def slug(name: str) -> str:
    """`name` as the name of one folder: no path leads out of where it lies."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-")[:100] or "experiment"


def _path(uri: str) -> Path:
    return Path(os.path.abspath(_project() / uri.removeprefix(SQLITE)))


def _place(uri: str) -> str:
    with suppress(ValueError):  # the environment has not got it now: it may be known by its name
        uri = from_environment(uri)
    return without_passwords(configured_uri(uri))


def _project() -> Path:
    return runs.ROOT.absolute().parent
