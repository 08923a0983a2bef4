"""A process with an engine: it pulls jobs from its driver and tells it what becomes of them."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from logging.handlers import QueueHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from rich.console import Console

from src.data.reading import LastRead
from src.engines.dispatch import Dispatch
from src.engines.workers.messages import Answer, Begun, Ended, EpochDone, Keeps, Message, NextJob, packed
from src.runs.job import Job, Place
from src.runs.outcome import Outcome

BATCH_SECONDS = 0.05  # events wait so long for others, unless a question follows them


@dataclass(frozen=True)
class Charge:
    """What a worker is to be: where it finds relative paths, its threads, slots of a stack, and whether jobs are pruned."""

    name: str
    folder: Path
    cores: int
    slots: int | None
    prunes: bool


class Worker:
    """Stands for the driver's source and listeners in this process, which runs `work` and, meanwhile, `answer`."""

    def __init__(self, charge: Charge) -> None:
        self.charge = charge
        self.name = f"{charge.name}, process {os.getpid()} on {socket.gethostname()}"
        self._outbox, self._answers = SimpleQueue[Message | BaseException | None](), SimpleQueue[Answer]()
        self._data = LastRead()
        os.environ["OMP_NUM_THREADS"] = str(charge.cores)  # which `num_cores` reads
        os.chdir(charge.folder)
        told = QueueHandler(self._outbox)  # what warns of a job here is said where the job's user looks
        told.setLevel(logging.WARNING)
        logging.getLogger("src").addHandler(told)

    def work(self) -> Iterator[list[Message]]:
        """Train until the driver has no job for it; gives what there is to be told, in batches."""
        training = Thread(target=self._train, name="training", daemon=True)
        training.start()
        is_through = False
        while not is_through:
            batch, is_through = self._batch()
            if batch:
                yield batch
        training.join()

    def answer(self, answer: Answer) -> None:
        """To the question that was asked last: a training waits for its answer."""
        self._answers.put(answer)

    def next(self, place: Place | None) -> Job | None:
        """For the engine: the next job that fits."""
        return self._ask(NextJob(place))  # type: ignore[return-value]

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """For the engine: whether a job goes on."""
        return bool(self._ask(Keeps(job.number, row))) if self.charge.prunes else True

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """From the engine."""
        self._outbox.put(Begun(job.number, {**facts, "worker": self.name}))

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """From the engine."""
        self._outbox.put(EpochDone(job.number, dict(row)))

    def end(self, job: Job, outcome: Outcome) -> None:
        """From the engine."""
        self._outbox.put(Ended(job.number, packed(outcome)))

    def _train(self) -> None:
        try:
            quiet = Console(quiet=True)
            Dispatch(self, [self], console=quiet, data=self._data, slots=self.charge.slots).train()
            self._outbox.put(None)
        except BaseException as error:
            self._outbox.put(error)

    def _ask(self, question: NextJob | Keeps) -> Answer:
        self._outbox.put(question)
        return self._answers.get()

    def _batch(self) -> tuple[list[Message], bool]:
        """What has gathered, up to a question, and whether nothing follows."""
        batch, due = list[Message](), monotonic() + BATCH_SECONDS
        while True:
            try:
                message = self._outbox.get(timeout=max(0.0, due - monotonic()) if batch else None)
            except Empty:
                return batch, False
            if isinstance(message, BaseException):
                raise message
            if message is None:
                return batch, True
            batch.append(message)
            if isinstance(message, (NextJob, Keeps)):
                return batch, False
