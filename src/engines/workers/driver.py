"""The driver of workers: it has the source, the listeners and the record, and nothing of it leaves this process."""

import time
from collections import Counter, deque
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
        self._heard = Counter[int]()  # epochs, by job
        self._begun, self._asked = set[int](), Counter[int]()  # jobs; by job, for which epoch the source was asked last
        self._stopped = dict[int, int]()  # by job, after which epoch the source ended it
        self._deaths = Counter[int]()  # of workers, by job
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
        return None

    def lose(self, hand: Hand, why: str, *, is_guilty: bool) -> None:
        """A worker died: its jobs are given out again. Where one of them may be guilty of it, not to a fourth."""
        for job in hand.jobs.values():
            self._deaths[job.number] += is_guilty
            if self._deaths[job.number] < DEATHS:
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
        return self._deaths[job.number] >= DEATHS - 1

    def _keeps(self, job: Job, row: Mapping[str, float]) -> bool:
        """The source is asked once for each epoch, whoever trains it again."""
        epoch = int(row["epoch"])
        if epoch > self._asked[job.number]:
            self._asked[job.number] = epoch
            if not self.source.keep(job, row):
                self._stopped[job.number] = epoch
        return epoch < self._stopped.get(job.number, epoch + 1)

    def _epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Told once, whoever trains it again."""
        if row["epoch"] > self._heard[job.number]:
            self._heard[job.number] = int(row["epoch"])
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
        if job.number not in self._begun:
            self._begin(job, {"seed": str(job.run.seed)})
        self.listeners.end(job, outcome)
        if self._pace.is_due():
            started = time.perf_counter()
            self.on_commit()
            self._pace.took(time.perf_counter() - started)

    def _begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """Told once, whoever trains it again."""
        if job.number not in self._begun:
            self._begun.add(job.number)
            self.listeners.begin(job, facts)
