"""How a sweep stands: who waits, runs, is done, and what is best so far."""

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from src.runs.job import Job
from src.runs.objective import Objective
from src.runs.stop_reason import StopReason


@dataclass
class WorkerStatus:
    """What a worker does: the jobs in its training, and the epochs that it has done since its first."""

    device: str
    jobs: set[int] = field(default_factory=set)
    epochs: int = 0
    started: float | None = None

    def add(self) -> None:
        """An epoch is done."""
        if self.started is None:
            self.started = time.perf_counter()
        else:
            self.epochs += 1

    @property
    def rate(self) -> float:
        """Member-epochs per second."""
        return 0.0 if self.started is None else self.epochs / max(time.perf_counter() - self.started, 1e-9)


@dataclass
class SweepStatus:
    """Counts of a sweep of `total` jobs; `objective` is that of its first job."""

    total: int
    objective: str
    epochs_left: int  # if no job stops early
    running: dict[int, float] = field(default_factory=dict)  # by job, its share that is done
    reasons: Counter[StopReason] = field(default_factory=Counter)  # of those that ended
    best: float = math.nan
    best_job: str = ""
    epochs: int = 0
    used: int = 0  # slots of the stacks that are through, summed over their epochs
    offered: int = 0
    earlier: int = 0  # of the epochs, those before the clock started
    started: float | None = None  # with the first epoch, which compiles and warms up
    workers: dict[str, WorkerStatus] = field(default_factory=dict)  # by name, those that have jobs
    _trains: dict[int, WorkerStatus] = field(default_factory=dict)  # by job, the worker that has it

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """A job is in training, at a worker if `facts` name one."""
        self.running[job.number] = 0.0
        self.move(job, facts)

    def move(self, job: Job, facts: Mapping[str, str]) -> None:
        """It is at the worker that `facts` name, if they do, and at no other."""
        self._leave(job)
        if name := facts.get("worker"):
            self._trains[job.number] = worker = self.workers.setdefault(name, WorkerStatus(facts["device"]))
            worker.jobs.add(job.number)

    def add(self, job: Job, row: Mapping[str, float]) -> None:
        """A job has done an epoch."""
        self.epochs += 1
        self.epochs_left -= 1
        if self.started is None:
            self.earlier, self.started = self.epochs, time.perf_counter()
        self.running[job.number] = row["epoch"] / job.run.epochs
        if (worker := self._trains.get(job.number)) is not None:
            worker.add()
        is_kept = job.run.keep == "best" or row["epoch"] == job.run.epochs
        value = row.get(self.objective, math.nan)
        if is_kept and math.isfinite(value) and Objective.of(self.objective).is_better(value, self.best):
            self.best, self.best_job = value, " ".join(job.overrides) or str(job.number)

    def restart(self) -> None:
        """All epochs so far were done by an earlier start: the rate is that of what follows."""
        self.started = None

    def end(self, job: Job, reason: StopReason) -> None:
        """A job has ended."""
        share = self.running.pop(job.number, 0.0)
        self._leave(job)
        self.reasons[reason] += 1
        self.epochs_left -= job.run.epochs - round(share * job.run.epochs)

    def _leave(self, job: Job) -> None:
        if (worker := self._trains.pop(job.number, None)) is not None:
            worker.jobs.remove(job.number)

    def lose(self, jobs: int, epochs: int) -> None:
        """So many jobs, of so many epochs each, failed before they began."""
        self.reasons[StopReason.FAILED] += jobs
        self.epochs_left -= jobs * epochs

    @property
    def done(self) -> int:
        """Jobs that have ended."""
        return self.reasons.total()

    @property
    def rate(self) -> float:
        """Member-epochs per second."""
        return 0.0 if self.started is None else (self.epochs - self.earlier) / (time.perf_counter() - self.started)

    @property
    def slot_use(self) -> float:
        """The share of the slots that had a member, over all epochs of the stacks that are through."""
        return self.used / self.offered if self.offered else math.nan

    @property
    def seconds_left(self) -> float:
        """At this rate, if those that wait stop as early as those that are done: infinite before the second epoch."""
        return self.epochs_left / self.rate if self.rate else math.inf

    def figures(self) -> tuple[dict[str, float], int]:
        """What the parent run's curves show, and at which step: the epochs of all jobs."""
        figures = {
            "sweep/running": float(len(self.running)),
            "sweep/done": float(self.done),
            "sweep/diverged": float(self.reasons[StopReason.DIVERGED]),
            "sweep/member_epochs_per_second": self.rate,
            f"sweep/best_{self.objective}": self.best,
        }
        return {name: value for name, value in figures.items() if math.isfinite(value)}, self.epochs
