"""The driver of workers: it has the source, the listeners and the record, and nothing of it leaves this process."""

import logging
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from src.data.reading import LastRead
from src.engines.native.checkpoint import Pace
from src.engines.workers.messages import Answer, Begun, EpochDone, Keeps, Message, NextJob, unpacked
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener, Listeners
from src.runs.outcome import Failed, Outcome, Trained

DEATHS = 3  # of workers, of which a job is held guilty


@dataclass
class Known:
    """What was told of a job, and asked, by all workers that have had it."""

    begun: bool = False
    heard: int = 0  # epochs
    asked: int = 0  # for which epoch the source was asked last
    ends_after: float = math.inf  # the epoch after which the source ended it
    deaths: int = 0  # of workers


@dataclass(eq=False)
class Hand:
    """What a worker, called `name`, has in training."""

    name: str
    jobs: dict[int, Job] = field(default_factory=dict)


class Driver:
    """Gives jobs of `source` to workers and tells `listeners` what these say, in their order, and each event once.

    `prunes`: whether workers ask after each epoch if the job goes on. `on_commit` is called now and then, when what has ended may
    be written down. `ended_` are numbers of jobs, `failed_` the errors by number.
    """

    def __init__(
        self,
        source: JobSource,
        listeners: Sequence[Listener],
        data: LastRead,
        *,
        prunes: bool,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.source, self.listeners, self.data = source, Listeners(listeners), data
        self.prunes, self.on_commit = prunes, on_commit
        self.failed_: dict[int, BaseException] = {}
        self.ended_: set[int] = set()
        self.again = deque[Job]()  # to be given out before the source's
        self._known = defaultdict[int, Known](Known)  # by job, of those that have not ended
        self._pace = Pace()

    def has_more(self) -> bool:
        """Whether there is a job to be given out now; it waits here."""
        if not self.again and (job := self.source.next(None)) is not None:
            self.again.append(job)
        return bool(self.again)

    def take(self, hand: Hand, message: Message) -> Answer:
        """What a worker says is told to the listeners; the answer, if it asks something."""
        if isinstance(message, NextJob):
            return self._next(hand, message.place)
        if isinstance(message, logging.LogRecord):
            message.msg = f"{hand.name}: {message.msg}"
            logging.getLogger(message.name).handle(message)
            return None
        job = hand.jobs[message.number]
        if isinstance(message, Keeps):
            return self._keeps(job, message.row)
        if isinstance(message, Begun):
            self._begin(job, message.facts)
        elif isinstance(message, EpochDone):
            self._epoch(job, message.row)
        else:
            del hand.jobs[job.number]
            self._end(job, message.outcome)
            self._commit()
        return None

    def lose(self, hand: Hand, why: str, *, is_guilty: bool) -> None:
        """A worker died: its jobs are given out again. Where one of them may be guilty of it, not to a fourth."""
        for job in hand.jobs.values():
            known = self._known[job.number]
            known.deaths += is_guilty
            if known.deaths < DEATHS:
                self.again.append(job)
            else:
                self._end(job, Failed(RuntimeError(f"{DEATHS} workers died while they trained it ({why})")))

    def break_off(self, hands: Sequence[Hand], error: BaseException) -> None:
        """Nothing more is trained: what was in training is told to have ended by it."""
        for job in [*self.again, *(job for hand in hands for job in hand.jobs.values())]:
            with suppress(Exception):  # the first error is the one to be told
                self._end(job, Failed(error))

    def _next(self, hand: Hand, place: Place | None) -> Job | None:
        """What the worker gets: a job that is under suspicion is trained with no other beside it."""
        if any(self._is_suspect(job) for job in hand.jobs.values()):
            return None
        job = None
        if place is None:
            job = next((job for job in self.again if not (hand.jobs and self._is_suspect(job))), None)
        if job is not None:
            self.again.remove(job)
        else:
            job = self.source.next(place)
        if job is not None:
            hand.jobs[job.number] = job
        return job

    def _is_suspect(self, job: Job) -> bool:
        return self._known[job.number].deaths >= DEATHS - 1

    def _keeps(self, job: Job, row: Mapping[str, float]) -> bool:
        """The source is asked once for each epoch, whoever trains it again."""
        epoch, known = int(row["epoch"]), self._known[job.number]
        if epoch > known.asked:
            known.asked = epoch
            if not self.source.keep(job, row):
                known.ends_after = epoch
        return epoch < known.ends_after

    def _begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """Told once, whoever trains it again."""
        if not self._known[job.number].begun:
            self._known[job.number].begun = True
            self.listeners.begin(job, facts)

    def _epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Told once, whoever trains it again."""
        if row["epoch"] > self._known[job.number].heard:
            self._known[job.number].heard = int(row["epoch"])
            self.listeners.epoch(job, row)
            if not self.prunes:
                self.source.keep(job, row)

    def _end(self, job: Job, outcome: Outcome) -> None:
        self.ended_.add(job.number)
        if isinstance(outcome, Trained):
            try:
                outcome = unpacked(outcome, self.data.read(job.run.data))
            except Exception as error:  # it is here that they are missing
                outcome = Failed(error)
        if isinstance(outcome, Failed):
            self.failed_[job.number] = outcome.error
        self._begin(job, {"seed": str(job.run.seed)})
        del self._known[job.number]
        self.listeners.end(job, outcome)

    def _commit(self) -> None:
        """Now and then; not while all is broken off: what is interrupted has not ended for the next start."""
        if self._pace.is_due():
            started = time.perf_counter()
            self.on_commit()
            self._pace.took(time.perf_counter() - started)
