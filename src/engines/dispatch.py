"""Which engine a job goes to; and one bad job is one bad job."""

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress

from rich.console import Console

from src.config import check_against_data
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import LastRead
from src.engines.build import Read, slots_of, spec_with_folds, why_not
from src.engines.stacked.engine import StackedEngine
from src.engines.stacked.size import MOST
from src.engines.stacked.snapshot import Snapshot
from src.runs.build import device_of
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener, Listeners, RecordError
from src.runs.outcome import Failed, Outcome, without_frames


class Dispatch:
    """Trains what `source` has, by the engine that each run names; `slots`: how many at once, None chooses, of a stack
    at most `most`.

    Of those that name none the compiled engine trains what it knows, the rest are stacked, or trained one by one where they
    must or a stack would be slower; one that `is_alone` is trained by Lightning. It stands between the source and the engines,
    so that every job that was handed out also ends, whatever happens; `failed_`: the errors by number. `on_snapshot` is called
    now and then with all that the members of a stack need to go on, and with None whenever no stack is in training. `console`
    shows what one run's engine shows.
    """

    def __init__(
        self,
        source: JobSource,
        listeners: Sequence[Listener],
        *,
        console: Console,
        data: LastRead | None = None,
        is_alone: bool = False,
        slots: int | None = None,
        most: int = MOST,
        on_snapshot: Callable[[Snapshot | None], None] = lambda snapshot: None,
    ) -> None:
        self.source, self.listeners, self.console = source, Listeners(listeners), console
        self.data, self.is_alone, self.on_snapshot = data or LastRead(), is_alone, on_snapshot
        self.slots, self.most = slots, most
        self.failed_: dict[int, BaseException] = {}
        self.ended_: set[int] = set()
        self.used_, self.offered_ = 0, 0  # slots of the stacks that are through, summed over their epochs
        self._begun: set[int] = set()
        self._open: dict[int, Job] = {}  # handed out, and not ended
        self._pulled: deque[Job] = deque()  # of these, those that no engine has
        self._said = set[str]()  # why jobs are not in this or that engine

    def train(self) -> None:
        """Until the source has no more."""
        while (job := self._first()) is not None:
            self._guarded(lambda job=job: self._train(job))  # type: ignore[misc]

    def take_up(self, snapshot: Snapshot, jobs: Sequence[Job]) -> None:
        """Train the members of `snapshot`, whose jobs are `jobs`, as they left off, and what their stack has room for."""
        for job in jobs:
            self._open[job.number] = job
        self._guarded(lambda: self._train_stack(jobs[0], snapshot))

    def next(self, place: Place | None) -> Job | None:
        """For engines: the next job that fits."""
        job = self._pulled.popleft() if self._pulled else self.source.next(place)
        if job is not None:
            self._open[job.number] = job
        return job

    def put_back(self, job: Job) -> None:
        """For engines: another is to begin with this job."""
        self._pulled.appendleft(job)

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """For engines: whether a job goes on."""
        return self.source.keep(job, row)

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """From engines."""
        self._begun.add(job.number)
        self.listeners.begin(job, facts)

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """From engines."""
        self.listeners.epoch(job, row)

    def end(self, job: Job, outcome: Outcome) -> None:
        """From engines."""
        self._open.pop(job.number, None)
        self.ended_.add(job.number)
        if isinstance(outcome, Failed):
            self.failed_[job.number] = outcome.error if self.is_alone else without_frames(outcome.error)
        if job.number not in self._begun:
            self.begin(job, {"seed": str(job.run.seed)})
        self.listeners.end(job, outcome)

    def _first(self) -> Job | None:
        """The job that the next engine begins with."""
        if not self._pulled and (job := self.source.next(None)) is not None:
            self._pull(job)
        return self._pulled[0] if self._pulled else None

    def _pull(self, job: Job) -> None:
        self._open[job.number] = job
        self._pulled.append(job)

    def _guarded(self, train: Callable[[], None]) -> None:
        """What goes wrong with an engine as a whole ends the jobs in it; others go on."""
        try:
            train()
        except Exception as error:
            if isinstance(error, RecordError) or not self._open:  # which no job can be told of
                self._break_off(error)
                raise
            for job in self._taken():
                self.end(job, Failed(error))
        except BaseException as error:
            self._break_off(error)
            raise
        self.on_snapshot(None)

    def _break_off(self, error: BaseException) -> None:
        """Nothing more is trained: what was in training is told to have ended by it."""
        for job in self._taken():
            with suppress(Exception):  # the first error is the one to be told
                self.end(job, Failed(error))

    def _taken(self) -> list[Job]:
        self._pulled.clear()
        return list(self._open.values())

    def _train(self, first: Job) -> None:
        dataset, spec = self._checked_data(first), spec_with_folds(first.run, self.data.read)
        engine = "single" if self.is_alone and first.run.engine == "auto" else first.run.engine
        if engine != "single" and _is_for_native(first.run) and self._is_native(first, dataset):
            return
        if engine != "single" and self._is_stacked(first, dataset):
            second = self.source.next(Place(spec, self.slots or 2))
            if second is not None:
                self._pull(second)
            if second is not None or engine == "stacked":  # a stack of one is slower than Lightning
                self._train_stack(first, None)
                return
        from src.engines.single.engine import SingleEngine  # imports Lightning

        single = SingleEngine(spec, self.data.read, console=self.console, on_commit=lambda: self.on_snapshot(None))
        single.train(Known(self, self._fits), self)

    def _checked_data(self, job: Job) -> Dataset:
        """Raises ValueError if they cannot be read, or the job does not fit them."""
        dataset = self.data.read(job.run.data)
        check_against_data(job.run, dataset.task, is_image=dataset.is_image, has_codes=dataset.has_codes)
        return dataset

    def _fits(self, job: Job) -> bool:
        self._checked_data(job)
        return True

    def _is_native(self, first: Job, dataset: Dataset) -> bool:
        """Train by compiled loops whatever they know; False if `first` is not of it."""
        from src.engines.native.build import why_not  # imports numba

        if reason := why_not(first.run, dataset):
            self._say(first, f"not in the compiled engine: {reason}")
            return False
        from src.engines.native.engine import NativeEngine

        engine = NativeEngine(
            threads=self.slots,
            read=self.data.read,
            console=self.console,
            on_commit=lambda: self.on_snapshot(None),
        )
        engine.train(Known(self, lambda job: why_not(job.run, self._checked_data(job)) is None), self)
        return True

    def _is_stacked(self, first: Job, dataset: Dataset) -> bool:
        if self.slots == 1:
            return False
        reason = why_not(first.run, dataset)
        if reason is None and not self.slots and first.run.engine == "auto" and slots_of(first, dataset, MOST) == 1:
            reason = "its steps are so large that a stack would be slower"
        if reason:
            self._say(first, f"alone, one after another: {reason}")
        return reason is None

    def _say(self, first: Job, why: str) -> None:
        if why not in self._said:  # of kinds that have turns, once
            self._said.add(why)
            self.console.print(f"job {first.number} and what is like it: {why}.")

    def _train_stack(self, first: Job, snapshot: Snapshot | None) -> None:
        dataset = self.data.read(first.run.data)
        engine = StackedEngine(
            first, dataset, slots=self.slots, most=self.most, read=self.data.read, on_snapshot=self.on_snapshot
        )
        if snapshot is not None:
            engine.take_up(snapshot, self._open)
        engine.train(Known(self, self._fits), self)
        self.used_, self.offered_ = self.used_ + engine.used_, self.offered_ + engine.offered_


def kind_of(run: Run, read: Read) -> Hashable:
    """What the runs that are trained together agree on; those of the compiled engine may differ in all."""
    if not _is_for_native(run):
        return spec_with_folds(run, read)
    from src.engines.native.build import why_not as why_not_native  # imports numba

    return "native" if why_not_native(run, read(run.data)) is None else spec_with_folds(run, read)


def _is_for_native(run: Run) -> bool:
    return run.engine == "native" or (run.engine == "auto" and device_of(run).type == "cpu")


def check_engine(run: Run, dataset: Dataset) -> None:
    """Raises ValueError if the engine that a run by itself names cannot train it."""
    reason = None
    if run.engine == "native":
        from src.engines.native.build import why_not as why_not_native  # imports numba

        reason = why_not_native(run, dataset)
    elif run.engine == "stacked":
        reason = why_not(run, dataset)
    if reason:
        raise ValueError(f"engine: must be single for this run ({reason}), but got {run.engine}.")


class Known:
    """Of what `dispatch` has, the jobs that an engine `knows`, until one comes that it does not: that one waits there.

    A job whose data cannot be read, or do not fit it, ends.
    """

    def __init__(self, dispatch: Dispatch, knows: Callable[[Job], bool]) -> None:
        self.dispatch, self.knows = dispatch, knows
        self._is_through = False

    def next(self, place: Place | None) -> Job | None:
        """The next job."""
        while not self._is_through and (job := self.dispatch.next(place)) is not None:
            try:
                if self.knows(job):
                    return job
            except Exception as error:
                self.dispatch.end(job, Failed(error))
            else:
                self.dispatch.put_back(job)
                self._is_through = True
        return None

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """Whether a job goes on."""
        return self.dispatch.keep(job, row)
