"""What is known in a folder of its run in MLflow: `mlflow.json`."""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from src.disk import DamagedError, read_whole
from src.runs.files import RESULTS, STATE, SWEEP, read_json, write_json
from src.tracking.store import configured_uri, is_same, portable_uri

log = logging.getLogger(__name__)


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
        """That of `folder`; None if nothing of it is to be sent, or, with a warning, if that cannot be read.

        A server's password is not in it.
        """
        path = folder / STATE
        try:
            return read_whole(path, cls._of_file) if path.is_file() else None
        except DamagedError as error:
            log.warning("%s It counts as none.", error)
            return None

    @classmethod
    def _of_file(cls, path: Path) -> Self:
        found = read_json(path)
        return cls(**{**found, "uri": configured_uri(found["uri"])})

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
