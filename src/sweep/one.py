"""A single run: a sweep of one."""

from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from src.config.schema import Run
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.engines.build import spec_with_folds
from src.engines.dispatch import Dispatch, check_engine
from src.runs.check import check_run
from src.runs.files import FACTS, read_history, read_json
from src.runs.identity import AGAIN, Identity
from src.runs.job import Job, Jobs
from src.runs.record import Recorded, recall
from src.runs.results import Results, read_results
from src.runs.summary import summary
from src.sweep.display import Display
from src.sweep.recording import recording
from src.sweep.status import SweepStatus
from src.tracking import Tracker


def train_one(run: Run, folder: Path, tracker: Tracker, data: LastRead) -> Results:
    """Train the one model that `run` describes and leave in `folder` all that it is known by.

    Of a run that has ended there the results are given back. Raises ValueError if `folder` holds another run.
    """
    console = plain_console()
    Identity.of(run).check(folder, again=AGAIN)
    dataset = data.read(run.data)
    check_run(run, dataset)
    check_engine(run, dataset)
    if run.trainer.callbacks or run.trainer.logger:
        from src.engines.single.own import check_own

        check_own(run.trainer, dataset.task)
    identity = Identity.of(run, dataset.digest)
    identity.check(folder, again=AGAIN)
    before, job = read_results(folder), Job(0, run, folder)
    is_through = before is not None and before.stop_reason.is_end
    with recording(folder, run.tracking, tracker, console) as around:
        if before is not None and is_through:
            epoch = before.stopped_epoch
            console.print(f"{folder}: ended by {before.stop_reason} after epoch {epoch}; nothing is left to do.")
            # Who hears of it, or makes files of it, may have been killed before that.
            around.record.results_[job.number] = before
            recall(job, around.others, Recorded(before, read_json(folder / FACTS), read_history(folder)))
        else:
            display = _display(run, console)
            listeners = [*around.listeners, *([display] if display else [])]
            dispatch = Dispatch(jobs(job, data=data), listeners, console=console, data=data, is_alone=True)
            with display or nullcontext():
                dispatch.train()
            if error := dispatch.failed_.get(job.number):
                raise error
    results = around.record.results_[job.number]
    tracker.finish(results.status)
    if not is_through:
        console.print(summary(results, run, dataset.task, folder))
    return results


def _display(run: Run, console: Console) -> Display | None:
    """Of engines that train many; Lightning has a bar of its own."""
    if run.engine in ("auto", "single"):
        return None
    return Display(SweepStatus(1, run.first_objective, run.epochs), console)


def jobs(*given: Job, data: LastRead) -> Jobs:
    """Jobs as a source whose kinds are those of the stacks; `data` reads what decides whether folds share one."""
    return Jobs(given, lambda job: spec_with_folds(job.run, data.read))
