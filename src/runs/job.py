"""Work for an engine: jobs, and the sources that it pulls them from."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from src.config.schema import Run


@dataclass(frozen=True)
class Job:
    """One run to be trained, and the folder in which it leaves its record: plain data."""

    number: int
    run: Run
    folder: Path
    overrides: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where an engine has room: what its next job must agree with, and among how many it will train."""

    spec: Hashable
    slots: int


class JobSource(Protocol):
    """Where an engine gets its work."""

    def next(self, place: Place | None) -> Job | None:
        """The next job that fits `place`, for None any; None if there is none now."""

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """Whether `job` goes on after this epoch; False prunes it."""


class Jobs:
    """Jobs that are known beforehand, first come first served; `spec_of` says which of them fit together."""

    def __init__(self, jobs: Iterable[Job], spec_of: Callable[[Job], Hashable]) -> None:
        self.waiting: dict[Hashable, deque[Job]] = {}
        for job in jobs:
            self.waiting.setdefault(spec_of(job), deque()).append(job)

    def next(self, place: Place | None) -> Job | None:
        """The next job that fits; for None, of the first kind that is not through."""
        for spec in self.waiting if place is None else (place.spec,):
            if waiting := self.waiting.get(spec):
                return waiting.popleft()
        return None

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """Nothing here asks to stop it."""
        return True
