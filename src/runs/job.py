"""Work for an engine: jobs, and the sources that it pulls them from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from src.config.schema import Run


@dataclass(frozen=True)
class Job:
    """One run to be trained: plain data."""

    number: int
    run: Run
    overrides: tuple[str, ...] = ()


class Source(Protocol):
    """Where an engine gets its work and where it tells what became of it."""

    def next(self, key: str | None) -> Job | None:
        """The next job with this stack key, or of any key for None; None if there is none now."""

    def epoch(self, job: Job, row: dict[str, float]) -> bool:
        """An epoch of `job` is done, `row` of its history; False asks to stop it."""

    def end(self, job: Job, result: Any) -> None:
        """`job` has ended: what was trained, or the exception that ended it."""


@dataclass
class Queue:
    """A source with a list of jobs, first come first served; keeps what became of them, by number."""

    jobs: Iterable[tuple[str, Job]]  # with their stack keys
    ended_: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = list(self.jobs)

    def next(self, key: str | None) -> Job | None:
        """The first waiting job with this key."""
        for place, (its_key, _) in enumerate(self.waiting):
            if key in (None, its_key):
                return self.waiting.pop(place)[1]
        return None

    def epoch(self, job: Job, row: dict[str, float]) -> bool:
        """Go on."""
        return True

    def end(self, job: Job, result: Any) -> None:
        """Keep the result."""
        self.ended_[job.number] = result
