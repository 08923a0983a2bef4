"""What is tracked: a listener that tells the writer's process what becomes of jobs."""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from src.config.errors import Interrupted
from src.config.schema import Tracking
from src.passwords import kept, without_passwords
from src.runs.background import Background
from src.runs.files import RESULTS, read_json
from src.runs.job import Job
from src.runs.stop_reason import RunStatus
from src.tracking.events import Begin, Epoch, Finish, Follow, Hurry, Status, end_of, now, params_of
from src.tracking.notes import run_name
from src.tracking.possible import check_store
from src.tracking.state import State, is_complete
from src.tracking.store import configured_uri, is_same
from src.tracking.writer_process import WriterProcess

if TYPE_CHECKING:  # imports torch, for which a mistyped command must not wait
    from src.runs.outcome import Outcome

STATUS_SECONDS = 5.0  # between two points of a sweep's curves

Figures = Callable[[], tuple[dict[str, float], int]]  # of a sweep as a whole, and their step


class Tracker:
    """Open as a context; a listener of what it follows. `process`: the writer's; None: nothing is tracked."""

    def __init__(self, process: WriterProcess | None) -> None:
        self._process = process
        self._follow: Follow | None = None

    def __enter__(self) -> Self:
        return self

    def check(self, settings: Tracking) -> None:
        """Raises ValueError if what is to be tracked so can never be."""
        if self._process is not None and settings.enabled:
            check_store(settings.uri)

    def follow(
        self,
        folder: Path,
        settings: Tracking,
        background: Background,
        *,
        is_sweep: bool,
        facts: Mapping[str, str] | None = None,
        status: Figures | None = None,
        shared: Collection[str] = (),
    ) -> None:
        """Track from here on the run in `folder`, or the sweep: a parent run with these `facts`, and a child for each job.

        `background` is where the record writes what `end` needs. `status` gives figures for the parent's curves. `shared`:
        overrides that set no job apart.
        """
        if self._process is None or not settings.enabled:
            self._follow = None
            return
        uri, experiment = configured_uri(settings.uri), without_passwords(settings.experiment or "default")
        tags = kept({**settings.tags, **(facts or {})})
        of_machine = settings.system_metrics
        self._follow = Follow(folder.resolve(), uri, experiment, is_sweep, tags, system_metrics=of_machine)
        self._settings, self._background, self._status, self._shared = settings, background, status, frozenset(shared)
        self._status_due = 0.0
        self._folders: dict[int, Path] = {}  # of the jobs that go on
        before = State.read(folder)
        run_id = before.run_id if before and is_same(before.uri, uri) else None
        State(uri, experiment, run_id).write(folder)
        self._process.tell(self._follow)

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """MLflow has the job from here on, if it has not had all of it since an earlier start."""
        if self._process is None or self._follow is None or is_complete(job.folder, self._follow.uri):
            return
        folder = self._folders[job.number] = job.folder.resolve()
        params = params_of(job.run.kept())
        self._process.tell(Begin(folder, self._name(job), params, kept(facts)))

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Of a sweep, now and then its status too."""
        if self._process is None or self._follow is None:
            return
        if (folder := self._folders.get(job.number)) is not None:
            self._process.tell(Epoch(folder, dict(row), now()))
        if time.monotonic() >= self._status_due:
            self._tell_status()

    def end(self, job: Job, outcome: "Outcome") -> None:
        """The job's results and files, once the record has written them."""
        if self._follow is not None and (folder := self._folders.pop(job.number, None)) is not None:
            self._background.submit(lambda: self._end(folder))

    def hurry(self) -> None:
        """Let what has gathered be written, while this process does something else."""
        if self._process is not None and self._follow is not None:
            self._tell_status()
            self._process.tell(Hurry())

    def finish(self, status: RunStatus, best: Path | None = None) -> None:
        """Wait until MLflow has everything; of a sweep also the files of its `best` member and of the sweep as a whole.

        A server that is down costs a warning.
        """
        if self._process is not None and self._follow is not None:
            self._background.flush()
            self._process.ask(Finish(status, best and best.resolve()))
            self._follow = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        try:
            if error is not None and self._follow is not None:
                broken_off = isinstance(error, Interrupted | KeyboardInterrupt)
                self._process.ask(Finish(RunStatus.KILLED if broken_off else RunStatus.FAILED, None))
        finally:
            self._process.close()

    def _end(self, folder: Path) -> None:
        if self._process is not None and (results := read_json(folder / RESULTS)):
            self._process.tell(end_of(folder, results))

    def _tell_status(self) -> None:
        if self._process is not None and self._status is not None:
            figures, step = self._status()
            self._process.tell(Status(figures, step, now()))
        self._status_due = time.monotonic() + STATUS_SECONDS

    def _name(self, job: Job) -> str:
        assert self._follow is not None
        apart = [text for text in job.overrides if text not in self._shared]
        named = job.run.tracking.run_name or run_name(job.run, apart, job.number if self._follow.is_sweep else None)
        return without_passwords(named)[:250]


def open_tracker(enabled: bool) -> Tracker:
    """A tracker whose writer's process begins to import MLflow now; not `enabled`: one that tracks nothing."""
    return Tracker(WriterProcess() if enabled else None)
