"""Whether MLflow still has what it once had whole: runs are deleted there, and erased by `mlflow gc`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from src import runs
from src.disk import DamagedError
from src.passwords import masked
from src.tracking.deleted import deleted_run, is_deleted
from src.tracking.state import State
from src.tracking.store import connect, resolve_uri


def gone(folders: Iterable[Path]) -> Iterator[str]:
    """A line for each single run, and each sweep, that is not in MLflow any more; of a place that does not answer, none."""
    clients: dict[str, Any] = {}
    for folder in folders:
        try:
            state = State.read(folder)
        except ValueError:  # which those who send tell of
            continue
        if state is None or not state.complete or state.run_id is None:
            continue
        try:
            if state.uri not in clients:
                clients[state.uri] = None
                clients[state.uri] = connect(resolve_uri(state.uri))
            if (client := clients[state.uri]) is not None and (line := _gone(client, folder, state)):
                yield line
        except DamagedError as error:
            yield str(error)
        except Exception:  # nothing is to be sent there: that it is down matters to nobody
            clients[state.uri] = None


def _gone(client: Any, folder: Path, state: State) -> str | None:
    from mlflow.exceptions import MlflowException

    label = runs.label(folder)
    try:
        run = client.get_run(state.run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return (
            f"{label} is not in MLflow at {masked(state.uri)} any more; `python -m src.sync --again {label}` sends it"
        )
    return str(deleted_run(state.uri, label, str(state.run_id))) if is_deleted(run) else None
