"""Pulls jobs from a source and trains them in a stack, whose slots it keeps full."""

import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping

import torch

from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.build import (
    Read,
    build_job_model,
    build_member,
    build_stack_data,
    build_trained,
    dataset_of,
    job_facts,
    slots_of,
    spec_of,
)
from src.engines.stacked.member import Member, Tensors
from src.engines.stacked.size import MOST
from src.engines.stacked.snapshot import Snapshot
from src.engines.stacked.stack import Stack
from src.memory import is_out_of_memory
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener
from src.runs.outcome import Failed
from src.runs.stop_reason import StopReason

log = logging.getLogger(__name__)

COMPACT_BELOW = 0.75  # of the slots in use, once nothing waits
SNAPSHOT_SECONDS = 10.0  # between two snapshots at least; and of the time
SNAPSHOT_SHARE = 0.02  # no more than this may go into them


class StackedEngine:
    """Trains every job of a source that fits into one stack with `first`, which the source need not have.

    `slots`: how many train at once; None chooses by model and device, at most `most`. `read` gives the data of those on
    other folds.
    `on_snapshot` is called now and then, with all that another engine needs to go on from there.
    """

    def __init__(
        self,
        first: Job,
        dataset: Dataset,
        *,
        slots: int | None,
        most: int = MOST,
        read: Read = read_dataset,
        on_snapshot: Callable[[Snapshot], None] = lambda snapshot: None,
    ) -> None:
        self.first, self.spec, self.on_snapshot = first, spec_of(first, read), on_snapshot
        self.read = read
        self.data = build_stack_data(first, dataset)
        self.slots = slots or slots_of(first, dataset, most)
        self.waiting: deque[tuple[Member, Tensors | None]] = deque()  # they have begun, and go before the source's jobs
        self.stack: Stack | None = None
        self.used_, self.offered_ = 0, 0  # slots, summed over epochs
        self._snapshot: Snapshot | None = None
        self._places: list[int] | None = None  # the slots of those that wait, in a stack that was broken off
        self._told: dict[int, int] = {}  # by job, the epochs that the listeners know

    def take_up(self, snapshot: Snapshot, jobs: Mapping[int, Job]) -> None:
        """Begin with the members of `snapshot` that are in `jobs`, by number, as they left off and where they sat."""
        self.waiting = deque(snapshot.members(jobs, self._member))
        seated = zip(snapshot.numbers, snapshot.places, strict=False)  # those that wait for a slot come last
        self._snapshot, self._places = snapshot, [place for number, place in seated if number in jobs]

    def train(self, source: JobSource, listeners: Listener) -> None:
        """Until no slot has work and neither has the source. What was taken up is told again first.

        Raises what the source or a listener raises, and what goes wrong with the stack as a whole.
        """
        self.source, self.listeners = source, listeners
        for member, _ in self.waiting:
            self._tell_again(member)
        while True:
            try:
                if not self._gather():
                    return
                self._train()
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.slots == 1:
                    raise
            self._halve()  # out here, where the error no longer holds on to the stack's tensors

    def _train(self) -> None:
        assert self.stack is not None
        snapped, cost = time.perf_counter(), 0.0
        while any(self.stack.members):
            started = time.perf_counter()
            rows = self.stack.epoch()
            seconds = (time.perf_counter() - started) / len(rows)
            self.used_, self.offered_ = self.used_ + len(rows), self.offered_ + self.stack.slots
            for slot, row in rows.items():
                row["epoch_seconds"] = seconds
                self._tell(self.stack, slot, row)
            self._refill(self.stack)
            now = time.perf_counter()
            if any(self.stack.members) and now - snapped > max(SNAPSHOT_SECONDS, cost / SNAPSHOT_SHARE):
                self._snapshot = self.stack.snapshot().with_waiting(self.waiting)
                self.on_snapshot(self._snapshot)
                snapped, cost = time.perf_counter(), time.perf_counter() - now

    def _gather(self) -> bool:
        """A stack as large as there is work for, up to `slots`; False if there is none."""
        self.stack = None
        if self._snapshot is not None and self._places is not None:
            self.stack = self._stack(self._snapshot.slots)
            for slot in self._places:
                self.stack.admit(slot, *self.waiting.popleft())
            self._places = None
            return True
        while len(self.waiting) < self.slots and (member := self._next()) is not None:
            self.waiting.append((member, None))  # until they have a place, they wait
        if not self.waiting:
            return False
        self.stack = self._stack(min(self.slots, len(self.waiting)))
        for slot in range(self.stack.slots):
            self.stack.admit(slot, *self.waiting[0])
            self.waiting.popleft()
        return True

    def _next(self) -> Member | None:
        """The source's next job that can begin."""
        while (job := self.source.next(Place(self.spec, self.slots))) is not None:
            self._begin(job)
            try:
                return self._member(job)
            except ValueError as error:
                self.listeners.end(job, Failed(error))
        return None

    def _begin(self, job: Job) -> None:
        self.listeners.begin(job, job_facts(job, dataset_of(job, self.read)))

    def _tell_again(self, member: Member) -> None:
        """What an earlier start left of a member."""
        self._begin(member.job)
        for row in member.progress.history:
            self.listeners.epoch(member.job, row)
        self._told[member.job.number] = member.epoch

    def _tell(self, stack: Stack, slot: int, row: dict[str, float]) -> None:
        member = stack.members[slot]
        assert member is not None
        number, progress = member.job.number, member.progress
        if member.epoch > self._told.get(number, 0):  # else it is trained again, after the memory ran out
            self._told[number] = member.epoch
            self.listeners.epoch(member.job, row)
            if not self.source.keep(member.job, row) and progress.stop_reason is None:
                progress.stop_reason = StopReason.PRUNED
        if progress.stop_reason is not None:
            self.listeners.end(member.job, build_trained(stack.release(slot), self.data))

    def _refill(self, stack: Stack) -> None:
        for slot in [slot for slot, member in enumerate(stack.members) if member is None]:
            if self.waiting:
                stack.admit(slot, *self.waiting.popleft())
            elif (member := self._next()) is not None:
                stack.admit(slot, member)
        used = sum(member is not None for member in stack.members)
        if 0 < used <= COMPACT_BELOW * stack.slots:
            stack.compact()

    def _halve(self) -> None:
        """Go on with half the slots; every member from the last snapshot, or from its beginning."""
        members = [*(self.stack.members if self.stack else []), *(member for member, _ in self.waiting)]
        jobs = {member.job.number: member.job for member in members if member is not None}
        self.stack, self.slots, self._places = None, max(1, min(self.slots, len(jobs)) // 2), None
        gc.collect()  # the error of a group's thread and the frames that it passed through hold one another
        log.warning("out of memory: the stack goes on with %d slots.", self.slots)
        again = self._snapshot.members(jobs, self._member) if self._snapshot else []
        begun = {member.job.number for member, _ in again}
        fresh = [self._member(job) for number, job in jobs.items() if number not in begun]
        self.waiting = deque([*again, *((member, None) for member in fresh)])
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _stack(self, slots: int) -> Stack:
        return Stack(self.spec, self.data, slots, build_job_model(self.first, self.data.dataset))

    def _member(self, job: Job) -> Member:
        return build_member(job, self.data, self.read)
