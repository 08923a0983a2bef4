"""Trains what an agenda has: jobs in stacks, or alone where they must, and tells the record what becomes of them."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from src import runs
from src.config import check_against_data
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.stacked.engine import Engine
from src.engines.stacked.snapshot import Snapshot
from src.engines.stacked.spec import stack_key
from src.engines.stacked.stackable import why_not
from src.engines.unfinished import Checkpoint
from src.runs.job import Job
from src.runs.outcome import Trained
from src.runs.progress import Progress
from src.runs.record import announce_orphans, tags_of
from src.sweep.agenda import Agenda, Listed
from src.sweep.display import Display
from src.sweep.record import SweepRecord
from src.sweep.status import SweepStatus
from src.tracking import Scribe

STANDING_SECONDS = 5.0  # between two points on the parent run's curves


def run_sweep(
    jobs: Sequence[Job], folder: Path, *, slots: int | None, console: Console, scribe: Scribe | None
) -> dict[int, dict[str, Any]]:
    """Train `jobs` and leave each in `folder` / its number; returns their results, by number.

    `slots`: how many train at once in a stack; None chooses. `scribe` tells MLflow, if it is to know. A job that fails is
    recorded so, and the others go on. What a start before this one has left is taken up from its checkpoint.
    """
    announce_orphans(console, but=folder)
    numbered = {job.number: job for job in jobs}
    first = jobs[0].run
    with SweepRecord(folder, first, scribe) as record:
        checkpoint = Checkpoint(folder, numbered)
        standing = SweepStatus(len(jobs), first.first_objective, sum(job.run.epochs for job in jobs))
        for number in checkpoint.ended:
            _recall(record, standing, numbered[number])
        standing.restart()
        if len(checkpoint.ended) == len(jobs):
            console.print(
                f"{folder}: all {len(jobs)} runs have ended; nothing is left to do. "
                "hydra.launcher.resume=fresh trains them again, in another folder."
            )
        snapshot = checkpoint.snapshot
        taken = [numbered[number] for number in snapshot.numbers] if snapshot else []
        done = {*checkpoint.ended, *(job.number for job in taken)}
        agenda = Listed(job for job in jobs if job.number not in done)

        def save(snapshot: Snapshot | None) -> None:
            record.flush()  # first: whoever has ended has its records
            checkpoint.ended |= sweep.ended
            checkpoint.save(snapshot)

        sweep = Sweep(agenda, record, standing, slots=slots, console=console, on_snapshot=save)
        with sweep.view:
            if snapshot is not None:
                sweep.take_up(snapshot, taken)
            sweep.train()
        save(None)
    return record.results_


def _recall(record: SweepRecord, standing: SweepStatus, job: Job) -> None:
    """A job that ended in an earlier start."""
    folder = record.folder_of(job)
    results = runs.read_json(folder / runs.RESULTS)
    record.known(job, results)
    for row in runs.read_history(folder):
        standing.add(job, row)
    standing.end(job, results["stop_reason"], results.get("stopped_epoch") or 0)


class Sweep:
    """A source of work for engines, fed by an agenda; `ended`: the numbers of the jobs that are through.

    `on_snapshot` is called now and then with all that the members of the stack need to go on, and with None after each
    stack.
    """

    def __init__(
        self,
        agenda: Agenda,
        record: SweepRecord,
        standing: SweepStatus,
        *,
        slots: int | None,
        console: Console,
        on_snapshot: Callable[[Snapshot | None], None] = lambda snapshot: None,
    ) -> None:
        self.agenda, self.record, self.standing = agenda, record, standing
        self.slots, self.console, self.on_snapshot = slots, console, on_snapshot
        self.view = Display(standing, console)
        self.ended: set[int] = set()
        self._open: dict[int, Job] = {}  # they have come from the agenda, and have not ended
        self._pulled: deque[Job] = deque()  # of these, those that no engine has
        self._data: tuple[dict[str, Any], Dataset] | None = None
        self._stood = time.perf_counter()

    def train(self) -> None:
        """Until the agenda has no more."""
        while (job := self.agenda.next(None)) is not None:
            self._pull(job)
            self._guarded(lambda job=job: self._train(job))  # type: ignore[misc]

    def take_up(self, snapshot: Snapshot, taken: Sequence[Job]) -> None:
        """Train the members of `snapshot`, whose jobs are `taken`, as they left off, and what their stack has room for."""
        for job in taken:
            self._open[job.number] = job
        self._guarded(lambda: self._train_stack(taken[0], snapshot))

    def next(self, key: str | None) -> Job | None:
        """The next job with this stack key; its records begin."""
        job = self._pulled.popleft() if self._pulled else self.agenda.next(key)
        if job is not None:
            self._open[job.number] = job
            self._begin(job)
        return job

    def epoch(self, job: Job, row: dict[str, float]) -> bool:
        """An epoch of `job` is done; False if it is to stop."""
        self.standing.add(job, row)
        self.record.row(job, row)
        return self.agenda.epoch(job, row)

    def end(self, job: Job, result: Trained | Exception) -> None:
        """`job` has ended, or failed."""
        self._open.pop(job.number, None)
        self.ended.add(job.number)
        if isinstance(result, Exception):
            self.standing.end(job, "failed", 0)
            self.record.broken(job, result)
        else:
            progress = result.progress
            self.standing.end(job, progress.stop_reason or "", len(progress.history))
            self.record.end(job, result)
        self.agenda.end(job, result)

    def _pull(self, job: Job) -> None:
        self._open[job.number] = job
        self._pulled.append(job)

    def _guarded(self, train: Callable[[], None]) -> None:
        """What goes wrong with a stack as a whole ends the jobs in it; others go on."""
        try:
            train()
        except Exception as error:
            self._pulled.clear()
            for job in list(self._open.values()):
                self.end(job, error)
        self.on_snapshot(None)

    def _train(self, first: Job) -> None:
        run, key = first.run, stack_key(first.run)
        dataset = self._read(run.data)
        check_against_data(run, dataset.task, is_image=dataset.is_image)
        reason = why_not(run, dataset)
        if reason:
            self.console.print(f"job {first.number} and what is like it: alone, one after another: {reason}.")
        if reason is None and self.slots != 1 and (second := self.agenda.next(key)) is not None:
            self._pull(second)
            self._train_stack(first, None)
            return
        self.agenda.opened(1)
        while (job := self.next(key)) is not None:
            self._train_alone(job, dataset)

    def _train_stack(self, first: Job, snapshot: Snapshot | None) -> None:
        dataset = self._read(first.run.data)
        engine = Engine(self, first.run, dataset, slots=self.slots, on_epoch=self._show, on_snapshot=self.on_snapshot)
        self.agenda.opened(engine.slots)
        if snapshot is not None:
            for number, progress in zip(snapshot.numbers, snapshot.progress, strict=True):
                self._begin(self._open[number])
                for row in progress["history"]:  # MLflow may lack what was done last
                    self.standing.add(self._open[number], row)
                    self.record.row(self._open[number], row)
            engine.take_up(snapshot, self._open)
            self.standing.restart()
        engine.train()
        self.standing.used += engine.used_
        self.standing.offered += engine.offered_

    def _train_alone(self, job: Job, dataset: Dataset) -> None:
        from src.engines.single.engine import fit_best  # imports Lightning

        told = 0  # of its epochs; those before an interruption too, which MLflow may lack

        def tell(progress: Progress) -> None:
            nonlocal told
            for row in progress.history[told:]:
                if not self.epoch(job, row) and progress.stop_reason is None:
                    progress.stop_reason = "pruned"
            told = len(progress.history)
            self._show(None)

        try:
            folder = self.record.folder_of(job)
            trained = fit_best(job.run, dataset, folder, console=Console(quiet=True), on_commit=tell)
        except Exception as error:
            self.end(job, error)
        else:
            tell(trained.progress)  # all of it, if the run had ended before an interruption
            self.end(job, trained)
        self.on_snapshot(None)

    def _show(self, engine: Engine | None) -> None:
        self.view.show(engine.stack.slots if engine and engine.stack else 1)
        if (now := time.perf_counter()) - self._stood > STANDING_SECONDS:
            self._stood = now
            self.record.standing(self.standing)

    def _begin(self, job: Job) -> None:
        self.record.begin(job, tags_of(job.run, self._read(job.run.data)))

    def _read(self, values: dict[str, Any]) -> Dataset:
        """The data of a run, read once for all that follow one another with the same."""
        if self._data is None or self._data[0] != values:
            self._data = (values, read_dataset(values))
        return self._data[1]
