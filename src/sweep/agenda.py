"""Where a sweep's jobs come from."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from src.engines.stacked.spec import stack_key
from src.runs.job import Job, Source


class Agenda(Source, Protocol):
    """A source that also decides which stack comes next: `next(None)` gives the first job of another."""

    def opened(self, slots: int) -> None:
        """A stack of `slots` begins, for the key of the job that `next(None)` gave."""


class Listed:
    """Jobs that are known beforehand, stack by stack."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.waiting: dict[str, deque[Job]] = {}
        for job in jobs:
            self.waiting.setdefault(stack_key(job.run), deque()).append(job)

    def next(self, key: str | None) -> Job | None:
        """The next job with this stack key; for None, of the first that is not through."""
        for its_key in self.waiting if key is None else (key,):
            if waiting := self.waiting.get(its_key):
                return waiting.popleft()
        return None

    def opened(self, slots: int) -> None:
        """There is nothing to decide."""

    def epoch(self, job: Job, row: dict[str, float]) -> bool:
        """Nothing here asks to stop it."""
        return True

    def end(self, job: Job, result: Any) -> None:
        """The record has what became of it."""
