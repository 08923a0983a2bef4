"""Pulls jobs of any shape from a source and trains each on a core of its own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from threading import Condition, Lock

import numpy as np
import torch
from rich.console import Console

from src.data.reading import read_dataset
from src.engines.build import Read, job_facts
from src.engines.commits import Pace
from src.engines.native import checkpoint
from src.engines.native.build import build_member
from src.engines.native.compilation import make_ready
from src.engines.native.cores import num_cores, one_thread_of_blas
from src.engines.native.data import LastPrepared, Prepared, prepare
from src.engines.native.member import Member
from src.engines.stacked.spec import arguments
from src.runs.build import dtype_of, standardize_of
from src.runs.job import Job, JobSource
from src.runs.listener import Listener
from src.runs.outcome import Failed, Outcome
from src.runs.stop_reason import StopReason


class NativeEngine:
    """Trains all jobs of a source, so many at once as there are `threads` (None: cores); `read` gives their data.

    The source is asked and the listeners are told by one thread at a time. `on_commit` is called now and then, when what
    has ended may be written down.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        read: Read = read_dataset,
        console: Console,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.threads = min(threads or num_cores(), num_cores())
        self.read, self.console, self.on_commit = read, console, on_commit
        self._turn = Condition()  # of the threads: whoever has it asks and tells
        self._building = Lock()  # one member at a time: torch has one generator
        self._training, self._halt = 0, np.zeros(1, np.bool_)
        self._prepared, self._ready = LastPrepared(), set[torch.dtype]()
        self._pace = Pace()  # of commits

    def train(self, source: JobSource, listeners: Listener) -> None:
        """Until the source has no more. A job that fails is told so, and others go on.

        Raises what the source or a listener raises.
        """
        self.source, self.listeners = source, listeners
        before = torch.get_num_threads()
        try:
            with (
                one_thread_of_blas(),
                ThreadPoolExecutor(self.threads, "member", torch.set_num_threads, (1,)) as pool,
            ):
                work = [pool.submit(self._work) for _ in range(self.threads)]
                try:
                    for thread in as_completed(work):
                        thread.result()
                finally:  # after a signal too
                    self._break_off()
        finally:
            torch.set_num_threads(before)

    def _work(self) -> None:
        """One thread: a member after another, to its end."""
        while (member := self._take()) is not None:
            self._train(member)

    def _train(self, member: Member) -> None:
        pace = Pace()
        while not self._halt[0]:
            try:
                member.epoch()
            except Exception as error:
                with self._its_turn():
                    self._end(member.job, Failed(error))
                return
            with self._its_turn():
                if self._halt[0] or self._tell(member):
                    return
            if pace.is_due():
                started = time.perf_counter()
                checkpoint.save(member)
                pace.took(time.perf_counter() - started)

    def _take(self) -> Member | None:
        """The source's next job that can begin; None if there is none, and no job in training may yet make one."""
        while (job := self._next()) is not None:
            if (member := self._begin(job)) is not None:
                return member
        return None

    def _next(self) -> Job | None:
        with self._its_turn():
            while not self._halt[0]:
                if (job := self.source.next(None)) is not None:
                    self._training += 1
                    self.listeners.begin(job, job_facts(job, self.read(job.run.data)))
                    return job
                if not self._training:
                    break
                self._turn.wait()
        return None

    def _begin(self, job: Job) -> Member | None:
        """As an earlier start left it, which is told again; None if it cannot be built."""
        try:
            with self._building:  # while others train and tell
                member = build_member(job, self._data(job), self._halt)
                checkpoint.restore(member)
        except Exception as error:
            with self._its_turn():
                self._end(job, Failed(error))
            return None
        with self._its_turn():
            for row in [] if self._halt[0] else member.progress.history:
                self.listeners.epoch(job, row)
        return member

    def _data(self, job: Job) -> Prepared:
        dtype, standardize = dtype_of(job.run), standardize_of(job.run)
        if dtype not in self._ready:
            make_ready(dtype, self.console)
            self._ready.add(dtype)
        key = arguments(job.run.data), dtype
        return self._prepared.get(key, lambda: prepare(self.read(job.run.data), standardize, dtype))

    def _tell(self, member: Member) -> bool:
        """Tell the last epoch; whether it was the end."""
        job, progress = member.job, member.progress
        self.listeners.epoch(job, progress.history[-1])
        if not self.source.keep(job, progress.history[-1]) and progress.stop_reason is None:
            progress.stop_reason = StopReason.PRUNED
        if progress.stop_reason is None:
            return False
        self._end(job, member.trained())
        return True

    def _end(self, job: Job, outcome: Outcome) -> None:
        self.listeners.end(job, outcome)
        self._training -= 1
        self._turn.notify_all()  # it may have made room for another
        checkpoint.remove(job)
        if self._pace.is_due():
            started = time.perf_counter()
            self.on_commit()
            self._pace.took(time.perf_counter() - started)

    @contextmanager
    def _its_turn(self) -> Iterator[None]:
        """The others wait; what goes wrong ends their work too, before they can tell more."""
        with self._turn:
            try:
                yield
            except BaseException:
                self._break_off()
                raise

    def _break_off(self) -> None:
        """No thread begins or tells anything more; each ends with its step."""
        with self._turn:
            self._halt[0] = True
            self._turn.notify_all()
