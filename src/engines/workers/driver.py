"""The driver of workers: it has the source, the listeners and the record, and nothing of it leaves this process."""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from src.data.dataset import Dataset
from src.data.reading import LastRead
from src.engines.commits import Pace
from src.engines.workers.hands import DEATHS, Hand, Known, Left
from src.engines.workers.messages import (
    Answer,
    Begun,
    Committed,
    DataOf,
    EpochDone,
    Keeps,
    Message,
    NextJob,
    Working,
    packed,
    unpacked,
)
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener, Listeners
from src.runs.outcome import Failed, Outcome, Trained


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
        self.left = deque[Left]()  # by workers that died: to be handed over before the source's jobs are given
        self._ahead: Job | None = None  # of the source's
        self._commits = set[Path]()  # files of stacks that have been heard of
        self._known = defaultdict[int, Known](Known)  # by job, of those that have not ended
        self._pace = Pace()

    def has_more(self) -> bool:
        """Whether there is something to be given out now; a job waits here."""
        if not self.left and self._ahead is None:
            self._ahead = self.source.next(None)
        return bool(self.left) or self._ahead is not None

    def take_up(self, left: Left) -> None:
        """Somebody goes on with what another start has left."""
        self.left.append(left)
        self._commits |= {left.commit} if left.commit else set()

    def hand_over(self, hand: Hand) -> Left | None:
        """What a worker that begins to work goes on with."""
        if not self.left:
            return None
        left = self.left.popleft()
        hand.take_over(left)
        return left

    def take(self, hand: Hand, message: Message) -> Answer:
        """What a worker says is told to the listeners; the answer, if it asks something."""
        if isinstance(message, NextJob):
            return self._next(hand, message.place)
        if isinstance(message, logging.LogRecord):
            message.msg = f"{hand.name}: {message.msg}"
            logging.getLogger(message.name).handle(message)
            return None
        if isinstance(message, Working):
            hand.pid = message.pid
            return None
        if isinstance(message, Committed):
            hand.commit, hand.committed = message
            self._commits |= {message.path} if message.path else set()
            return None
        if isinstance(message, DataOf):
            return self._data_of(message)
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
        for job in list(hand.jobs.values()):
            known = self._known[job.number]
            known.deaths += is_guilty
            if known.deaths >= DEATHS:
                del hand.jobs[job.number]
                self._end(job, Failed(RuntimeError(f"{DEATHS} workers died while they trained it ({why})")))
        self.left.extend(hand.left([number for number in hand.jobs if self._known[number].is_suspect]))

    def break_off(self, hands: Iterable[Hand], error: BaseException) -> None:
        """Nothing more is trained: what was in training is told to have ended by it."""
        for job in self._open(hands):
            with suppress(Exception):  # the first error is the one to be told
                self._end(job, Failed(error))

    def tidy(self) -> None:
        """All have ended: no file of a stack is left."""
        for path in self._commits:
            path.unlink(missing_ok=True)

    def _open(self, hands: Iterable[Hand]) -> Iterator[Job]:
        """What has been given out, and has not ended."""
        for jobs in [*(left.jobs for left in self.left), *(hand.jobs.values() for hand in hands)]:
            yield from list(jobs)

    def _next(self, hand: Hand, place: Place | None) -> Job | None:
        """What the worker gets: a job that is under suspicion is trained with no other beside it.

        None for one whose hands are empty while a stack, or such a job, is left by another: it begins anew, with that.
        """
        if any(self._known[number].is_suspect for number in hand.jobs):
            return None
        hand.fills_a_stack = place is not None and place.slots > 1
        job = self._free() if place is None else None
        if job is None and (hand.jobs or not self.left):
            job = self._from_source(place)
        if job is not None:
            hand.jobs[job.number] = job
        return job

    def _free(self) -> Job | None:
        """A job that another has left, and that anybody may train beside others."""
        for left in self.left:
            if len(left.jobs) == 1 and left.commit is None and not self._known[left.jobs[0].number].is_suspect:
                self.left.remove(left)
                return left.jobs[0]
        return None

    def _from_source(self, place: Place | None) -> Job | None:
        """Its next job that fits, of which one may wait here."""
        if place is not None or self._ahead is None:
            return self.source.next(place)
        job, self._ahead = self._ahead, None
        return job

    def _data_of(self, asked: DataOf) -> Dataset | Outcome | None:
        """None if they are those that the worker has: who trains on other data than these has trained another run."""
        try:
            found = self.data.read(asked.settings)
        except Exception as error:
            return packed(Failed(error))
        return None if found.digest == asked.digest else found

    def _keeps(self, job: Job, row: Mapping[str, float]) -> bool:
        """The source is asked once for each epoch, whoever trains it again."""
        epoch, known = int(row["epoch"]), self._known[job.number]
        if epoch > known.asked:
            known.asked = epoch
            if not self.source.keep(job, row):
                known.ends_after = epoch
        return epoch < known.ends_after

    def _begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """Told once; of whoever trains it again, that it does."""
        if self._known[job.number].begun:
            self.listeners.move(job, facts)
        else:
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
        if not self._known[job.number].begun:
            self._begin(job, {"seed": str(job.run.seed)})
        del self._known[job.number]
        self.listeners.end(job, outcome)

    def _commit(self) -> None:
        """Now and then; not while all is broken off: what is interrupted has not ended for the next start."""
        if self._pace.is_due():
            started = time.perf_counter()
            self.on_commit()
            self._pace.took(time.perf_counter() - started)
