"""What the members of a sweep leave: each its folder, then MLflow; written beside the training."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from src import runs
from src.config.errors import Interrupted
from src.config.schema import Run
from src.runs.build import device_of
from src.runs.job import Job
from src.runs.outcome import Trained, evaluate_run
from src.runs.provenance import environment, provenance
from src.runs.record import plain_values
from src.runs.results import results_of_broken
from src.sweep.status import SweepStatus
from src.tracking import Scribe, is_complete


class SweepRecord:
    """The open record of a sweep in `folder`, whose jobs are tracked as `run` is; `results_`: what became of each, by number.

    `scribe` writes to MLflow (None: nothing does); it stays open for the sweep's conclusion, unless the sweep is broken off.
    """

    def __init__(self, folder: Path, run: Run, scribe: Scribe | None) -> None:
        self.folder, self.run = folder, run
        self._running: dict[int, Job] = {}
        self.results_: dict[int, dict[str, Any]] = {}
        self.mirror = scribe
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sweep-record")
        self._written: list[Future[None]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        runs.claim(self.folder)
        self._provenance = provenance(device_of(self.run).type)
        runs.write_text(self.folder / "environment.txt", environment())
        if self.mirror is not None:
            tracking = self.run.tracking
            self.mirror.open(self.folder, tracking.uri, tracking.experiment or "default")
            known = [path.parent for path in self.folder.glob(f"*/{runs.CONFIG}")]
            self.mirror.start(known, self._provenance)
        return self

    def folder_of(self, job: Job) -> Path:
        """Where a job's records lie."""
        return self.folder / str(job.number)

    def begin(self, job: Job, tags: Mapping[str, str]) -> None:
        """A job begins; what an earlier start left of its end does not count."""
        folder, values = self.folder_of(job), plain_values(job.run)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / runs.RESULTS).unlink(missing_ok=True)
        runs.write_text(folder / runs.CONFIG, yaml.dump(values, sort_keys=False, Dumper=yaml.CSafeDumper))
        tags = {**tags, **self._provenance}
        runs.write_json(folder / "tags.json", tags)
        self._running[job.number] = job
        self._tell(job, tags)

    def row(self, job: Job, row: dict[str, float]) -> None:
        """A member has done an epoch."""
        if self.mirror is not None:
            self.mirror.row(self.folder_of(job), dict(row))

    def end(self, job: Job, trained: Trained) -> None:
        """A member has ended: its folder is written in the background, then MLflow is told."""
        self._written.append(self._writer.submit(self._conclude, job, trained))

    def later(self, call: Callable[[], None]) -> None:
        """Call it in the background, once all that has ended so far is on disk."""
        self._written.append(self._writer.submit(call))

    def standing(self, standing: SweepStatus) -> None:
        """How the sweep stands, for the parent run."""
        if self.mirror is not None:
            self.mirror.standing(standing.figures(), standing.epochs)

    def broken(self, job: Job, error: BaseException, reason: str = "failed") -> None:
        """A job ends without a result."""
        if job.number not in self._running:
            self.begin(job, {})
        why = f"{type(error).__name__}: {error}"
        self._settle(job, results_of_broken(job.run, self.folder_of(job), reason, why))

    def known(self, job: Job, results: dict[str, Any]) -> None:
        """A job that has its records already; what MLflow lacks of it is sent."""
        self.results_[job.number] = results
        folder = self.folder_of(job)
        if self.mirror is not None and not is_complete(folder):
            self._tell(job, runs.read_json(folder / "tags.json"))
            for row in runs.read_history(folder):
                self.mirror.row(folder, row)
            self.mirror.end(folder, results)

    def flush(self) -> None:
        """Wait until all that has ended is on disk; raises what went wrong there."""
        while self._written:
            self._written[0].result()
            self._written.pop(0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status = None
        try:
            self.flush()
            if error is not None:
                broken_off = isinstance(error, (Interrupted, KeyboardInterrupt))
                status = "KILLED" if broken_off else "FAILED"
                for job in list(self._running.values()):
                    self.broken(job, error, "interrupted" if broken_off else "failed")
        finally:
            self._writer.shutdown()
            if self.mirror is not None:
                self.mirror.hurry() if status is None else self.mirror.close(status)
            runs.release(self.folder)

    def _tell(self, job: Job, tags: Mapping[str, str]) -> None:
        """MLflow has the job from here on."""
        if self.mirror is not None:
            name = job.run.tracking.run_name or " ".join((str(job.number), *job.overrides))[:250]
            self.mirror.begin(self.folder_of(job), name, plain_values(job.run), tags)

    def _conclude(self, job: Job, trained: Trained) -> None:
        folder = self.folder_of(job)
        try:
            runs.write_history(folder, trained.progress.history)
            results = evaluate_run(folder, trained)
        except Exception as error:  # a user's model that cannot be saved, say: the others go on
            results = results_of_broken(job.run, folder, "failed", f"{type(error).__name__}: {error}")
        self._settle(job, results)

    def _settle(self, job: Job, results: dict[str, Any]) -> None:
        folder = self.folder_of(job)
        runs.write_json(folder / runs.RESULTS, results)
        self.results_[job.number] = results
        self._running.pop(job.number, None)
        if self.mirror is not None:
            self.mirror.end(folder, results)
