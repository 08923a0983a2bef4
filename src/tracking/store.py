"""Where MLflow's records live, and a client for it."""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from src import runs

# A server that is down must cost seconds, not MLflow's default of minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # what is trained here is nobody else's business
KIND = {"mlflow.experimentKind": "custom_model_development"}  # else the pages show it as a chat application
STATE = "mlflow.json"  # in a folder: where it was sent, and as what
PARENT = "mlflow.parentRunId"
QUIET = ("alembic", "mlflow")


def resolve_uri(configured: str | None) -> str:
    """The tracking URI: as configured, else MLFLOW_TRACKING_URI, else a SQLite file under mlruns/."""
    return configured or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(runs.ROOT / 'mlflow.db').resolve()}"


def without_password(text: str, uri: str) -> str:
    """`text` as it may be shown: the password that `uri` may hold is starred out."""
    password = urlsplit(uri).password
    return text.replace(f":{password}@", ":***@") if password else text


def connect(uri: str) -> Any:
    """An MlflowClient of `uri`. The first call imports MLflow; the first on a new SQLite file creates the tables."""
    from mlflow.tracking import MlflowClient

    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    if not uri.startswith("sqlite:///"):
        return MlflowClient(uri)
    path = Path(uri.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):  # two processes that create the tables at once break each other's
        if not path.is_file():  # one that is killed on the way leaves tables that MLflow can never complete
            part = path.with_name(f"{path.name}.part")
            part.unlink(missing_ok=True)
            MlflowClient(f"sqlite:///{part}").search_experiments(max_results=1)
            part.replace(path)
        client = MlflowClient(uri)
        client.search_experiments(max_results=1)
    return client


def experiment_id(client: Any, uri: str, name: str) -> str:
    """The id of experiment `name`, created if it is not there; a local store keeps its artifacts under mlruns/."""
    from mlflow.exceptions import MlflowException

    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    local = not uri.startswith(("http://", "https://"))
    location = (runs.ROOT / "artifacts" / name).resolve().as_uri() if local else None
    try:
        return str(client.create_experiment(name, artifact_location=location, tags=KIND))
    except MlflowException:  # another process was faster
        return str(client.get_experiment_by_name(name).experiment_id)
