"""The driver of workers: it has the source, the listeners and the record, and nothing of it leaves this process."""

import itertools
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from rich.console import Console

from src.data.reading import LastRead
from src.engines.native.checkpoint import Pace
from src.engines.stacked.snapshot import Snapshot
from src.engines.workers.cluster import Machine, cluster, machines, start_worker
from src.engines.workers.messages import Begun, EpochDone, Keeps, Message, NextJob, unpacked
from src.engines.workers.worker import Charge
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener, Listeners
from src.runs.outcome import Failed, Outcome, Trained

LOOK_SECONDS = 2.0  # how often machines are counted
DEATHS = 3  # of workers, of which a job is held guilty
NODE_DIED = "node has died"  # as Ray says it
log = logging.getLogger(__name__)


@dataclass
class Hand:
    """A worker as its driver knows it: the jobs that it has, and what it is saying."""

    actor: Any
    machine: Machine
    name: str
    jobs: dict[int, Job] = field(default_factory=dict)
    saying: Any = None  # the batches of its present work; None: it is idle
    is_proven: bool = False  # it has said something


class Workers:
    """Trains what `source` has by workers, `count` on each machine (None: one for each GPU, or one), here or at `address`.

    In the place of `Dispatch`. `prunes`: whether the source may end a job early, which costs a question for each epoch. The
    jobs of a worker that dies are given out again, and go on from their last commit where the others find it; one at which
    three workers died has failed. A machine that joins gets work.
    """

    def __init__(
        self,
        source: JobSource,
        listeners: Sequence[Listener],
        *,
        console: Console,
        data: LastRead,
        slots: int | None,
        count: int | None,
        address: str | None,
        prunes: bool,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.source, self.listeners, self.console, self.data = source, Listeners(listeners), console, data
        self.count, self.address, self.on_commit = count, address, on_commit
        self.charge = Charge("", Path(), 0, slots, prunes)
        self.failed_: dict[int, BaseException] = {}
        self.ended_: set[int] = set()
        self.used_, self.offered_ = 0, 0  # slots of stacks, which workers do not tell
        self._hands: list[Hand] = []
        self._names = itertools.count(1)
        self._again = deque[Job]()  # to be given out before the source's
        self._heard = Counter[int]()  # epochs, by job
        self._begun, self._asked = set[int](), Counter[int]()  # jobs; by job, for which epoch the source was asked last
        self._stopped = dict[int, int]()  # by job, after which epoch the source ended it
        self._deaths, self._barren = (
            Counter[int](),
            Counter[str](),
        )  # of workers, by job; of new ones in a row, by machine
        self._looked, self._pace = -LOOK_SECONDS, Pace()

    def take_up(self, snapshot: Snapshot, jobs: Sequence[Job]) -> None:
        """Of a stack that another start has left, which no worker takes over: its jobs begin again."""
        self._again.extend(jobs)

    def train(self) -> None:
        """Until the source has no more."""
        with cluster(self.address, self.console):
            try:
                while self._is_busy():
                    self._look()
                    self._start()
                    self._listen()
            except BaseException as error:
                self._break_off(error)
                raise

    def _is_busy(self) -> bool:
        if any(hand.saying for hand in self._hands):
            return True
        if not self._again and (job := self.source.next(None)) is not None:
            self._again.append(job)
        return bool(self._again)

    def _look(self) -> None:
        """Each machine has its workers: one that joined, or lost one, gets new ones."""
        if time.monotonic() < self._looked + LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        for machine in machines():
            here = sum(hand.machine.key == machine.key for hand in self._hands)
            of = machine.num_workers(self.count)
            for _ in range(of - here):
                name = f"worker {next(self._names)}"
                charge = Charge(name, Path(), 0, self.charge.slots, self.charge.prunes)
                self._hands.append(Hand(start_worker(machine, charge, of), machine, name))

    def _start(self) -> None:
        """Idle workers begin as long as there is a job for them."""
        for hand in self._hands:
            if hand.saying is not None:
                continue
            if not self._again:
                if (job := self.source.next(None)) is None:
                    return
                self._again.append(job)
            hand.saying = hand.actor.work.options(num_returns="streaming").remote()

    def _listen(self) -> None:
        """Take in what the workers say next."""
        saying = {hand.saying: hand for hand in self._hands if hand.saying is not None}
        if not saying:
            time.sleep(0.1)  # no machine has room yet
            return
        ready, _ = ray.wait(list(saying), num_returns=len(saying), timeout=0.2, fetch_local=True)
        for generator in ready:
            hand = saying[generator]
            try:
                batch = ray.get(next(hand.saying))
            except StopIteration:
                hand.saying = None
                continue
            except RayError as error:
                self._bury(hand, error)
                continue
            hand.is_proven = True
            for message in batch:
                self._take(hand, message)

    def _take(self, hand: Hand, message: Message) -> None:
        """What a worker said: told to the listeners, or answered."""
        if isinstance(message, NextJob):
            hand.actor.answer.remote(self._next(hand, message.place))
        elif isinstance(message, Keeps):
            hand.actor.answer.remote(self._keeps(hand.jobs[message.number], message.row))
        elif isinstance(message, Begun):
            self._begin(hand.jobs[message.number], message.facts)
        elif isinstance(message, EpochDone):
            self._epoch(hand.jobs[message.number], message.row)
        else:
            self._end(hand.jobs.pop(message.number), message.outcome)

    def _next(self, hand: Hand, place: Place | None) -> Job | None:
        """What the worker gets: a job that is under suspicion is trained with no other beside it."""
        if any(self._is_suspect(job) for job in hand.jobs.values()):
            return None
        job = None
        if place is None:
            job = next((job for job in self._again if not (hand.jobs and self._is_suspect(job))), None)
        if job is not None:
            self._again.remove(job)
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
            if not self.charge.prunes:
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

    def _bury(self, hand: Hand, error: RayError) -> None:
        """A worker died, or its machine: its jobs are given out again, but not to a fourth."""
        self._hands.remove(hand)
        ray.kill(hand.actor)
        why = str(error).strip().splitlines()[-1].strip()
        if not hand.is_proven and (barren := self._barren[hand.machine.name] + 1) >= DEATHS:
            raise ValueError(
                f"hydra.launcher.workers: must be able to start on {hand.machine.name}, but got: {why}"
            ) from error
        self._barren[hand.machine.name] = 0 if hand.is_proven else barren
        log.warning("%s on %s died, and its %d jobs are given out again.", hand.name, hand.machine.name, len(hand.jobs))
        is_guilty = NODE_DIED not in str(error)
        for job in hand.jobs.values():
            self._deaths[job.number] += is_guilty
            if self._deaths[job.number] < DEATHS:
                self._again.append(job)
            else:
                self._end(job, Failed(RuntimeError(f"{DEATHS} workers died while they trained it ({why})")))

    def _break_off(self, error: BaseException) -> None:
        """Nothing more is trained: what was in training is told to have ended by it."""
        for job in [*self._again, *(job for hand in self._hands for job in hand.jobs.values())]:
            with suppress(Exception):  # the first error is the one to be told
                self._end(job, Failed(error))
