"""Who hears what becomes of a job: the record first, then tracking, the display, the search."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from src.runs.job import Job

if TYPE_CHECKING:  # imports torch, for which MLflow's writer must not wait
    from src.runs.outcome import Outcome

log = logging.getLogger(__name__)


class RecordError(Exception):
    """The record failed: whatever its cause says ends the training, in every engine."""


class Listener(Protocol):
    """Hears of every job `begin`, then each `epoch`, then `end`, in the training's thread: what is slow waits elsewhere.

    What an earlier start left of a job is told again, as the same events.
    """

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """`job` is to be trained, or goes on; `facts` are what it is found by: data, seed, device, versions."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """An epoch is done, with this row of its history."""

    def end(self, job: Job, outcome: "Outcome") -> None:
        """Nothing more comes of `job` in this start."""


@runtime_checkable
class Follower(Protocol):
    """A listener that also hears where a job is."""

    def move(self, job: Job, facts: Mapping[str, str]) -> None:
        """`job`, which has begun, goes on at another worker."""


REGISTERED: list[Listener] = []  # of one's own: they hear whatever is trained, after ours


class Listeners:
    """All listeners as one. The first is the record, whose failures end the training; another that fails costs a warning."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = list(listeners)
        self._warned: set[int] = set()

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        self._tell(lambda listener: listener.begin(job, facts))

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        self._tell(lambda listener: listener.epoch(job, row))

    def end(self, job: Job, outcome: "Outcome") -> None:
        self._tell(lambda listener: listener.end(job, outcome))

    def move(self, job: Job, facts: Mapping[str, str]) -> None:
        self._tell(lambda listener: listener.move(job, facts) if isinstance(listener, Follower) else None)

    def _tell(self, call: Callable[[Listener], None]) -> None:
        for place, listener in enumerate(self.listeners):
            try:
                call(listener)
            except Exception as error:
                if place == 0:
                    raise RecordError(str(error)) from error
                if place not in self._warned:
                    self._warned.add(place)
                    name = type(listener).__name__
                    log.warning("%s failed, and the training goes on: %s: %s", name, type(error).__name__, error)
