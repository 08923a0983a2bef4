"""What is known in a folder of its run in MLflow: `mlflow.json`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from src.runs.files import RESULTS, read_json, write_json
from src.tracking.store import configured_uri, is_same, portable_uri

STATE = "mlflow.json"
SWEEP = "sweep.json"  # in a sweep's folder: how it ended, `status`, `figures` and `tags` by name, and its `best` run


@dataclass(frozen=True)
class State:
    """Where a run, a sweep or a claim was or is to be sent; `complete`: the status with which MLflow has all of it."""

    uri: str
    experiment: str = ""
    run_id: str | None = None
    name: str | None = None
    complete: str | None = None

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """That of `folder`; None if nothing of it is to be sent. A server's password is not in it."""
        found: dict[str, Any] = read_json(folder / STATE)
        return cls(**{**found, "uri": configured_uri(found["uri"])}) if found else None

    def write(self, folder: Path) -> None:
        """A store inside the project is told from there, so that the project may move."""
        kept = {name: value for name, value in asdict(self).items() if value}
        write_json(folder / STATE, {**kept, "uri": portable_uri(self.uri)})


def is_complete(folder: Path, uri: str | None = None) -> bool:
    """Whether MLflow (at `uri`; None: where it was to be sent) has all of a run, or of a sweep, as it ended in `folder`."""
    ended = read_json(folder / RESULTS) or read_json(folder / SWEEP)
    state = State.read(folder) if ended else None
    if state is None or (uri is not None and not is_same(uri, state.uri)):
        return False
    return state.complete == ended["status"]
