"""A sweep of known jobs: a grid, a claim's conditions, the best configuration once more."""

import logging
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from src import runs
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.disk import DamagedError
from src.engines.resources import HERE, Resources
from src.engines.stacked.snapshot import Snapshot
from src.engines.unfinished import Unfinished
from src.runs.announcement import tell_data
from src.runs.check import check_some
from src.runs.identity import Identity
from src.runs.job import Job
from src.runs.listener import Listener
from src.runs.record import Recorded, recall
from src.runs.results import Results
from src.runs.stop_reason import RunStatus
from src.sweep.display import Display
from src.sweep.one import jobs as source_of
from src.sweep.recording import recording
from src.sweep.status import SweepStatus
from src.sweep.summary import summarise_sweep
from src.tracking import Tracker

log = logging.getLogger(__name__)

AGAIN = "hydra.launcher.resume=fresh begins anew, in another folder"


def train_grid(
    jobs: Sequence[Job],
    folder: Path,
    tracker: Tracker,
    *,
    console: Console,
    resources: Resources = HERE,
    listeners: Sequence[Listener] = (),
    data: LastRead | None = None,
) -> dict[int, Results]:
    """Train `jobs`, whose folders lie in `folder`; gives their results, by number.

    `resources`: where, and how many at once. A job that fails is recorded so, and the others go on. What a
    start before this one has left is taken up. `listeners` hear after ours. Raises ValueError if a folder holds another run.
    """
    data, numbered = data or LastRead(tell_data(console)), {job.number: job for job in jobs}
    resources.check()
    check_identity(jobs, data)
    alike = [job.run for job in jobs if job.run.data == jobs[0].run.data]
    if len(alike) == len(jobs):  # one bad job is one bad job, all of them are a mistake
        check_some(alike, data.read(jobs[0].run.data))
    status = SweepStatus(len(jobs), jobs[0].run.first_objective, sum(job.run.epochs for job in jobs))
    tracking = jobs[0].run.tracking
    of_all = set.intersection(*(set(job.run.tracking.tags.items()) for job in jobs))
    tracking = tracking.model_copy(update={"tags": dict(of_all)})
    shared = set.intersection(*(set(job.overrides) for job in jobs)) if len(jobs) > 1 else set()
    with recording(folder, tracking, tracker, console, figures=status.figures, shared=shared) as around:
        unfinished = Unfinished(folder, numbered)
        ended = _recorded([numbered[number] for number in sorted(unfinished.ended)])
        display = Display(status, console)
        others = [*around.others, display, *listeners]
        for number, recorded in ended.items():
            around.record.results_[number] = recorded.results
            recall(numbered[number], others, recorded)
        status.restart()
        if len(ended) == len(jobs):
            console.print(f"{folder}: all {len(jobs)} runs have ended; nothing is left to do. {AGAIN}.")
        stacks = [(snapshot, [numbered[number] for number in numbers]) for snapshot, numbers in unfinished.stacks()]
        done = {*ended, *(job.number for _, taken in stacks for job in taken)}

        def save(snapshot: Snapshot | None) -> None:
            around.background.flush()  # first: whoever has ended has its records
            unfinished.save(trainer.ended_, snapshot)

        trainer = resources.trainer(
            source_of(*(job for job in jobs if job.number not in done), data=data),
            [around.record, *others],
            console=console,
            data=data,
            prunes=False,
            on_snapshot=save,
        )
        with display:
            for snapshot, taken in stacks:
                trainer.take_up(snapshot, taken)
            trainer.train()
            status.used, status.offered = trainer.used_, trainer.offered_
        save(None)
        unfinished.tidy()
        tracker.hurry()
    return around.record.results_


def _recorded(jobs: Sequence[Job]) -> dict[int, Recorded]:
    """What is recorded of `jobs`, by number; one whose folder was deleted or, as is told, damaged is trained again."""
    found = {}
    for job in jobs:
        try:
            recorded = Recorded.read(job.folder)
        except DamagedError as error:
            log.warning("%s The run is trained again.", error)
            continue
        if recorded is None:
            log.warning("%s: has no results any more. The run is trained again.", job.folder)
        else:
            found[job.number] = recorded
    return found


def check_identity(jobs: Sequence[Job], data: LastRead) -> None:
    """Raises ValueError if the first job's data cannot be read, or where a folder holds another run than it is to hold."""
    data.read(jobs[0].run.data)
    for job in sorted(check_settings(jobs), key=lambda job: repr(job.run.data)):  # each source is read once
        Identity.of(job.run, data.read(job.run.data).digest).check(job.folder, again=AGAIN)


def check_settings(jobs: Sequence[Job]) -> list[Job]:
    """The jobs whose folders hold a run; ValueError where its settings are others than those of the job."""
    found = [job for job in jobs if (job.folder / runs.CONFIG).is_file()]
    for job in found:
        Identity.of(job.run).check(job.folder, again=AGAIN)
    return found


def train_multirun(
    jobs: Sequence[Job],
    folder: Path,
    tracker: Tracker,
    *,
    resources: Resources,
    is_whole: bool,
    listeners: Sequence[Listener],
    data: LastRead,
) -> dict[int, float | ValueError | None]:
    """Train a batch of a multirun's jobs; gives the objective of each by number, or the error that a launcher raises.

    `is_whole`: there are no others, and the sweep is summarised. So it is where a job failed, since Hydra then ends.
    """
    console = plain_console()
    if is_whole:
        check_members(jobs, folder)
    results = train_grid(jobs, folder, tracker, console=console, resources=resources, listeners=listeners, data=data)
    failed = {number: one for number, one in results.items() if one.status == RunStatus.FAILED}
    if is_whole or failed:
        summarise_sweep(folder, console, tracker, data=data)
    errors = {number: ValueError(f"job {number}: {one.reason}") for number, one in failed.items()}
    return {number: errors.get(number, (one.objective or {}).get("value")) for number, one in results.items()}


def check_members(jobs: Sequence[Job], folder: Path) -> None:
    """Raises ValueError if there are runs in `folder` that this sweep does not have."""
    known = {job.folder.name for job in jobs}
    others = [path.parent.name for path in folder.glob(f"*/{runs.IDENTITY}") if path.parent.name not in known]
    if others:
        raise ValueError(
            f"{folder}: a sweep must go on with the jobs that it began with, but got {len(jobs)} of them, while it holds "
            f"{len(others)} more; {AGAIN}."
        )
