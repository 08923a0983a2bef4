"""A process with an engine: it pulls jobs from its driver and tells it what becomes of them."""

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from logging.handlers import QueueHandler
from pathlib import Path
from threading import Thread
from typing import Any

from rich.console import Console

from src.data.dataset import Dataset
from src.data.reading import LastRead, read_dataset
from src.engines.build import spec_of
from src.engines.dispatch import Dispatch
from src.engines.stacked import commit
from src.engines.stacked.snapshot import Snapshot
from src.engines.workers.hands import Left
from src.engines.workers.mailbox import Mailbox, Told
from src.engines.workers.messages import (
    Begun,
    Committed,
    DataOf,
    Ended,
    EpochDone,
    Keeps,
    Message,
    NextJob,
    Working,
    packed,
)
from src.engines.workers.shipment import Shipment
from src.runs.job import Job, Place
from src.runs.outcome import Failed, Outcome

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Charge:
    """What a worker is to be: where it finds relative paths, its threads, whether jobs are pruned.

    `slots`: of a stack; None: it chooses, at most `most`.
    """

    name: str
    folder: Path
    cores: int
    slots: int | None
    most: int
    prunes: bool


class Worker:
    """Stands for the driver's source and listeners in this process, which runs `work` and, meanwhile, `answer`."""

    def __init__(self, charge: Charge) -> None:
        self.charge = charge
        self.name = f"{charge.name}, process {os.getpid()} on {socket.gethostname()}"
        self._mail = Mailbox()
        self._data = LastRead(read=self._read)
        self._left = deque[Job]()  # by another, to be trained before the driver is asked for more
        self._folder = Path()  # of the sweep
        self._commit_path: Path | None = None  # of the stack in training
        os.environ["OMP_NUM_THREADS"] = str(charge.cores)  # which `num_cores` reads
        charge.folder.mkdir(parents=True, exist_ok=True)  # on a machine that does not share it
        os.chdir(charge.folder)
        told = QueueHandler(self._mail.outbox)  # what warns of a job here is said where the job's user looks
        told.setLevel(logging.WARNING)
        logging.getLogger("src").addHandler(told)

    def work(self, left: Left | None) -> Iterator[list[Message]]:
        """Train what another has `left`, then until the driver has no job for it; gives what is to be told, in batches.

        An empty one is a sign of life.
        """
        self._mail.tell(Working(os.getpid()))
        training = Thread(target=self._train, args=(left,), name="training", daemon=True)
        training.start()
        yield from self._mail.batches()
        training.join()

    def answer(self, answer: Told) -> None:
        """To the question that was asked last: a training waits for its answer."""
        self._mail.answer(answer)

    def next(self, place: Place | None) -> Job | None:
        """For the engine: the next job that fits."""
        for job in self._left:
            if place is None or self._fits(job, place):
                self._left.remove(job)
                return job
        return self._mail.ask(NextJob(place))  # type: ignore[return-value]

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """For the engine: whether a job goes on."""
        return bool(self._mail.ask(Keeps(job.number, row))) if self.charge.prunes else True

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """From the engine."""
        self._folder = job.folder.parent
        job.folder.mkdir(parents=True, exist_ok=True)  # which the driver has made where it is
        self._mail.tell(Begun(job.number, {**facts, "worker": self.name}))

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """From the engine."""
        self._mail.tell(EpochDone(job.number, dict(row)))

    def end(self, job: Job, outcome: Outcome) -> None:
        """From the engine."""
        self._mail.tell(Ended(job.number, packed(outcome)))

    def _train(self, left: Left | None) -> None:
        try:
            quiet = Console(quiet=True)
            dispatch = Dispatch(
                self,
                [self],
                console=quiet,
                data=self._data,
                slots=self.charge.slots,
                most=self.charge.most,
                on_snapshot=self._on_snapshot,
            )
            if left is not None:
                self._take_up(left, dispatch)
            dispatch.train()
            self._mail.end()
        except BaseException as error:
            self._mail.end(error)

    def _take_up(self, left: Left, dispatch: Dispatch) -> None:
        """Those that have a commit go on from there, in the stack that they were in."""
        snapshot = commit.load(left.commit) if left.commit else None
        numbers = snapshot.numbers if snapshot else []
        self._left.extend(job for job in left.jobs if job.number not in numbers)
        if snapshot is not None and (members := [job for job in left.jobs if job.number in numbers]):
            self._commit_path = left.commit if left.keeps else None
            dispatch.take_up(snapshot, members)

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        """From the engine: a stack is to be committed, or none is in training any more."""
        if snapshot is not None:
            self._commit_path = self._commit_path or commit.fresh(self._folder)
            commit.save(snapshot, self._commit_path)
            self._mail.tell(Committed(self._commit_path, frozenset(snapshot.numbers)))
        elif self._commit_path is not None:
            self._commit_path.unlink(missing_ok=True)
            self._mail.tell(Committed(None))
            self._commit_path = None

    def _fits(self, job: Job, place: Place) -> bool:
        with suppress(Exception):  # of its data: it fails by itself
            return spec_of(job, self._data.read) == place.spec
        return False

    def _read(self, settings: Mapping[str, Any]) -> Dataset:
        """Data as this machine has them, if these are the driver's; else as the driver has read them."""
        found, why = None, "they have other content here"
        try:
            found = read_dataset(settings)
        except Exception as error:  # they are not here, or what reads them is not
            why = f"{type(error).__name__}: {error}"
        answer = self._mail.ask(DataOf(settings, found.digest if found else None))
        if isinstance(answer, Failed):
            raise answer.error
        if isinstance(answer, Shipment):
            log.warning("data: those of the driver are sent to %s (%s).", socket.gethostname(), why)
            return answer.unpacked()
        assert found is not None
        return found
