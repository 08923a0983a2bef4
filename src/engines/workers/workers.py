"""Engines as Ray actors, on this machine or on all of a cluster."""

import itertools
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from rich.console import Console

from src.data.dataset import Dataset
from src.data.reading import LastRead
from src.engines.stacked import commit
from src.engines.stacked.size import MOST
from src.engines.stacked.snapshot import Snapshot
from src.engines.workers.cluster import Machine, cluster, machines, seen, start_look, start_worker
from src.engines.workers.driver import Driver
from src.engines.workers.hands import DEATHS, Hand, Left
from src.engines.workers.mailbox import BEAT_SECONDS
from src.engines.workers.messages import Message, Question
from src.engines.workers.shipment import Shipment
from src.engines.workers.worker import Charge
from src.runs.job import Job, JobSource
from src.runs.listener import Listener

LOOK_SECONDS = 2.0  # how often machines are counted
SEE_SECONDS = 30.0  # in which it is seen whether a silent worker computes
ROOM_SECONDS = 30.0  # after which it is told that none has had room
NODE_DIED = "node has died"  # as Ray says it
log = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class Actor(Hand):
    """A worker as Ray has it."""

    handle: Any
    machine: Machine
    saying: Any = None  # the batches of its present work; None: it is idle
    is_proven: bool = False  # it has said something
    silent: int = 0  # seconds in which this process has listened, and heard nothing of it
    look: Any = None  # at its process, which has been silent for too long


class Workers:
    """Trains what `source` has by workers, `count` on each machine (None: one for each GPU, or one), here or at `address`.

    In the place of `Dispatch`. `prunes`: whether the source may end a job early, which costs a question for each epoch. The
    jobs of a worker that dies are given out again, and go on from their last commit where the others find its file; one at
    which three workers died has failed. A machine that joins gets work; one where three in a row cannot begin gets no more.
    """

    def __init__(
        self,
        source: JobSource,
        listeners: Sequence[Listener],
        *,
        console: Console,
        data: LastRead,
        slots: int | None,
        most: int = MOST,
        count: int | None,
        address: str | None,
        prunes: bool,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.console, self.count, self.address = console, count, address
        self.slots, self.most = slots, most
        self.driver = Driver(source, listeners, data, prunes=prunes, on_commit=on_commit)
        self.ended_, self.failed_ = self.driver.ended_, self.driver.failed_
        self.used_, self.offered_ = 0, 0  # slots of stacks, which workers do not tell
        self._actors: list[Actor] = []
        self._last_shipped: tuple[Dataset, Any] | None = None
        self._names = itertools.count(1)
        self._barren = Counter[str]()  # by machine, of new workers in a row that died before they said anything
        self._looked, self._waits_until, self._counted = -LOOK_SECONDS, 0.0, 0.0

    def take_up(self, snapshot: Snapshot, jobs: Sequence[Job]) -> None:
        """A worker is to train the members of `snapshot`, whose jobs are `jobs`, as they left off."""
        path = commit.fresh(jobs[0].folder.parent)
        commit.save(snapshot, path)
        self.driver.take_up(Left(jobs, path))

    def train(self) -> None:
        """Until the source has no more."""
        with cluster(self.address, self.console):
            self._waits_until = time.monotonic() + ROOM_SECONDS
            try:
                while any(actor.saying and actor.is_proven for actor in self._actors) or self.driver.has_more():
                    self._look()
                    self._start()
                    self._listen()
                    self._count_silence()
                self.driver.tidy()
            except BaseException as error:
                cause = error.__cause__ if isinstance(error, SystemError) else None
                self.driver.break_off(self._actors, cause or error)
                if cause is not None:
                    raise cause from None  # a signal that came while Ray's own code ran
                raise

    def _look(self) -> None:
        """Each machine has its workers: one that joined, or lost one, gets new ones."""
        if time.monotonic() < self._looked + LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if self._looked > self._waits_until and not any(actor.is_proven for actor in self._actors):
            self._waits_until = math.inf
            self.console.print("workers: no machine has had room for one yet, or is slow to start it.", soft_wrap=True)
        found = machines()
        most = max(2, self.most // max(1, sum(machine.num_workers(self.count) for machine in found)))
        for machine in found:
            if self._barren[machine.key] >= DEATHS:
                continue
            here = sum(actor.machine.key == machine.key for actor in self._actors)
            of = machine.num_workers(self.count)
            for _ in range(of - here):
                name = f"worker {next(self._names)}"
                charge = Charge(name, Path.cwd(), machine.cores // of, self.slots, most, self.driver.prunes)
                self._actors.append(Actor(name=name, machine=machine, handle=start_worker(machine, charge, of)))

    def _start(self) -> None:
        """Idle workers begin as long as there is a job for them; what another has left is for one that is known to live."""
        for actor in self._actors:
            if actor.saying is None:
                if not self.driver.has_more():
                    return
                left = self.driver.hand_over(actor) if actor.is_proven else None
                actor.saying = actor.handle.work.options(num_returns="streaming").remote(left)

    def _listen(self) -> None:
        """Take in what the workers say next."""
        saying = {actor.saying: actor for actor in self._actors if actor.saying is not None}
        if not saying:
            time.sleep(0.1)  # no machine has room yet
            return
        some, _ = ray.wait(list(saying), num_returns=1, timeout=0.2)  # a question waits for no other worker's word
        ready, _ = ray.wait(list(saying), num_returns=len(saying), timeout=0) if some else ([], [])
        for generator in ready:
            actor = saying[generator]
            try:
                batch: list[Message] = ray.get(next(actor.saying))
            except StopIteration:
                actor.saying = None
                continue
            except RayError as error:
                why = str(error).strip().splitlines()[-1].strip()
                self._bury(actor, "died", why, is_guilty=NODE_DIED not in str(error))
                continue
            actor.is_proven, actor.silent, actor.look = True, 0, None
            for message in batch:
                answer = self.driver.take(actor, message)
                if isinstance(answer, Dataset):
                    actor.handle.answer.remote(self._shipped(answer))
                elif isinstance(message, Question):
                    actor.handle.answer.remote(answer)

    def _shipped(self, dataset: Dataset) -> Any:
        """Where the object store has it, which fetches it once for each machine."""
        if self._last_shipped is None or self._last_shipped[0] is not dataset:
            self._last_shipped = dataset, ray.put(Shipment.of(dataset))
        return self._last_shipped[1]

    def _count_silence(self) -> None:
        """Who gives no sign of life for too long, and is not seen to compute, is lost.

        Looks count, not the clock: so may this process have been frozen.
        """
        if time.monotonic() < self._counted + BEAT_SECONDS:
            return
        self._counted = time.monotonic()
        for actor in [actor for actor in self._actors if actor.saying is not None and actor.is_proven]:
            actor.silent += 1
            silent = actor.silent * BEAT_SECONDS
            if silent > actor.silence and actor.look is None and actor.pid is not None:
                actor.look = start_look(actor.machine, actor.pid)
            if actor.look is None or ((computes := seen(actor.look)) is None and silent < actor.silence + SEE_SECONDS):
                continue
            if computes:
                actor.silent, actor.look = 0, None
            else:
                what = f"gave no sign of life for {actor.silence:g} s (trainer.timeout_seconds)"
                self._bury(actor, what, f"{actor.name} {what}", is_guilty=True)

    def _bury(self, actor: Actor, what: str, why: str, *, is_guilty: bool) -> None:
        """A worker died, or its machine; ValueError if there is no other, and none can live there."""
        self._actors.remove(actor)
        ray.kill(actor.handle)
        machine = actor.machine
        self._barren[machine.key] = 0 if actor.is_proven else self._barren[machine.key] + is_guilty
        if self._barren[machine.key] >= DEATHS:
            told = f"hydra.launcher.workers: must be able to start on {machine.name}, but got: {why}"
            if not self._actors:
                raise ValueError(told)
            log.warning("%s It gets no more.", told)
        jobs = len(actor.jobs)
        log.warning("%s on %s %s, and its %d jobs are given out again.", actor.name, machine.name, what, jobs)
        self.driver.lose(actor, why, is_guilty=is_guilty)
