"""A sweep, whole: its jobs in stacks, or alone where they must, from the last checkpoint if there is one."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from rich.console import Console

from src import resume, runs
from src.config import check_against_data
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.jobs import Job
from src.progress import Progress
from src.recording.record import announce_orphans, plain_values, tags_of
from src.recording.trained import Trained
from src.stacked.crew import Crew
from src.stacked.engine import Engine
from src.stacked.fitness import why_alone
from src.stacked.key import stack_key
from src.sweep.record import SweepRecord
from src.sweep.standing import Standing
from src.sweep.view import View
from src.tracking import Scribe

STANDING_SECONDS = 5.0  # between two points on the parent run's curves


def run_sweep(
    jobs: Sequence[Job], folder: Path, *, slots: int | None, console: Console, scribe: Scribe | None
) -> dict[int, dict[str, Any]]:
    """Train `jobs` and leave each in `folder` / its number; returns their results, by number.

    `slots`: how many train at once in a stack; None chooses. `scribe` tells MLflow, if it is to know. A job that fails is
    recorded so, and the others go on.
    """
    announce_orphans(console, but=folder)
    with SweepRecord(folder, jobs, scribe) as record:
        sweep = Sweep(jobs, record, slots=slots, console=console)
        with sweep.view:
            sweep.train()
    return record.results_


class Sweep:
    """A source of work: jobs by stack key, and what becomes of them."""

    def __init__(self, jobs: Sequence[Job], record: SweepRecord, *, slots: int | None, console: Console) -> None:
        self.record, self.slots, self.console = record, slots, console
        self.jobs = {job.number: job for job in jobs}
        self.checkpoint = record.folder / runs.CHECKPOINT
        self.ended: set[int] = set()
        # A sweeper may hand over its jobs in several batches: what the checkpoint says of the others is kept.
        self._others: set[int] = set()
        self._crew: dict[str, Any] | None = None
        first = jobs[0].run
        self.standing = Standing(len(jobs), first.first_objective, sum(job.run.epochs for job in jobs))
        self.view = View(self.standing, console)
        self._data: tuple[dict[str, Any], Dataset] | None = None
        self._stood = time.perf_counter()

    def train(self) -> None:
        """Until nothing waits."""
        crew = self._restored()
        self.waiting: dict[str, deque[Job]] = {}
        for job in self.jobs.values():
            if job.number not in self.ended:
                self.waiting.setdefault(stack_key(job.run), deque()).append(job)
        if not self.waiting:
            self.console.print(
                f"{self.record.folder}: all {len(self.jobs)} runs have ended; nothing is left to do. "
                "hydra.launcher.resume=fresh trains them again, in another folder."
            )
        for key in sorted(
            self.waiting, key=lambda key: crew is None or key != stack_key(self.jobs[crew.numbers[0]].run)
        ):
            jobs = list(self.waiting[key])
            try:
                self._train(key, jobs, crew)
            except Exception as error:
                for job in jobs:
                    if job.number not in self.ended:
                        self.end(job, error)
            crew = None
            self._save(None)

    def next(self, key: str | None) -> Job | None:
        """The next job with this stack key; its records begin."""
        for its_key in self.waiting if key is None else (key,):
            if self.waiting[its_key]:
                self._begin(self.waiting[its_key][0])
                return self.waiting[its_key].popleft()
        return None

    def epoch(self, job: Job, row: dict[str, float]) -> bool:
        """An epoch of `job` is done; nothing here asks to stop it."""
        self.standing.add(job, row)
        self.record.row(job, row)
        return True

    def end(self, job: Job, result: Trained | Exception) -> None:
        """`job` has ended, or failed."""
        self.ended.add(job.number)
        if isinstance(result, Exception):
            self.standing.end(job, "failed", 0)
            self.record.broken(job, result)
        else:
            progress = result.progress
            self.standing.end(job, progress.stop_reason or "", len(progress.history))
            self.record.end(job, result)

    def _train(self, key: str, jobs: list[Job], crew: Crew | None) -> None:
        run = jobs[0].run
        dataset = self._read(run.data)
        check_against_data(run, dataset.task, is_image=dataset.is_image)
        reason = why_alone(run, dataset)
        if reason or (len(jobs) == 1 and crew is None):
            if reason:
                self.console.print(f"{_numbers(jobs)}: alone, one after another: {reason}.")
            while (job := self.next(key)) is not None:
                self._train_alone(job, dataset)
            return
        engine = Engine(self, run, dataset, slots=self.slots, on_epoch=self._show, on_snapshot=self._save)
        if crew is not None:
            taken = [self.jobs[number] for number in crew.numbers]
            self.waiting[key] = deque(job for job in jobs if job not in taken)
            for job, progress in zip(taken, crew.progress, strict=True):
                self._begin(job)
                for row in progress["history"]:  # MLflow may lack what was done last
                    self.standing.add(job, row)
                    self.record.row(job, row)
            engine.take_up(crew, self.jobs)
            self.standing.restart()
        engine.train()
        self.standing.used += engine.used_
        self.standing.offered += engine.offered_

    def _train_alone(self, job: Job, dataset: Dataset) -> None:
        from src.single.run import fit_best  # imports Lightning

        told = 0  # of its epochs; those before an interruption too, which MLflow may lack

        def tell(progress: Progress) -> None:
            nonlocal told
            for row in progress.history[told:]:
                self.epoch(job, row)
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
        self._save(None)

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

    def _save(self, crew: Crew | None) -> None:
        """One commit: which jobs have ended, all that those in the stack need to go on, and how many slots it had."""
        self.record.flush()
        part = self.checkpoint.with_suffix(".part")
        torch.save({"ended": sorted(self.ended | self._others), "crew": vars(crew) if crew else self._crew}, part)
        part.replace(self.checkpoint)

    def _restored(self) -> Crew | None:
        """Take up from the last commit. Whatever ended after it is trained again: to the same bits, and in the same slots."""
        for job in self.jobs.values():
            if (config := self.record.folder_of(job) / runs.CONFIG).is_file():
                stored = yaml.load(config.read_text(), Loader=yaml.CSafeLoader)
                resume.check_unchanged(stored, plain_values(job.run))
        if not self.checkpoint.is_file():
            return None
        saved = torch.load(self.checkpoint, weights_only=True)
        self.ended = self.jobs.keys() & saved["ended"]
        self._others = set(saved["ended"]) - self.ended
        for number in self.ended:
            job = self.jobs[number]
            results = runs.read_json(self.record.folder_of(job) / runs.RESULTS)
            self.record.known(job, results)
            for row in runs.read_history(self.record.folder_of(job)):
                self.standing.add(job, row)
            self.standing.end(job, results["stop_reason"], results.get("stopped_epoch") or 0)
        self.standing.restart()
        if not saved["crew"] or not self.jobs.keys() >= set(saved["crew"]["numbers"]):
            self._crew = saved["crew"]
            return None
        return Crew(**saved["crew"])


def _numbers(jobs: Sequence[Job]) -> str:
    listed = ", ".join(str(job.number) for job in jobs[:8])
    return f"job {listed}" if len(jobs) == 1 else f"jobs {listed}{', …' if len(jobs) > 8 else ''}"
