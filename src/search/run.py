"""A search, whole: its study is opened, its trials are trained, what came of it is written down."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from src import runs, tracking
from src.config.command_line import as_typed
from src.config.schema import Run
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.disk import DamagedError
from src.engines.build import FOLD
from src.engines.native.cores import num_cores
from src.engines.resources import Resources
from src.engines.stacked import commit
from src.runs.background import Background
from src.runs.identity import read_run
from src.runs.job import Job
from src.runs.listener import Listener
from src.runs.orphans import close
from src.runs.record import Recorded, recall
from src.runs.stop_reason import StopReason
from src.search.concluded import OVER, told_again
from src.search.held import HeldStorage
from src.search.preparation import Preparation, prepare
from src.search.recovery import ended_in
from src.search.results import infeasible, write_search_results
from src.search.rotation import Rotation
from src.search.settings import Settings
from src.search.source import Search
from src.search.space import Space
from src.search.stack_parameters import Compose
from src.search.storage import answering, open_storage
from src.search.study import Trials
from src.search.unchanged_settings import check_unchanged_settings, check_whole_grid
from src.sweep.display import Display
from src.sweep.recording import Recording, recording
from src.sweep.retraining import OF_FOLDS, fresh_seeds, retrain
from src.sweep.status import SweepStatus
from src.sweep.summary import has_ended, summarise_sweep
from src.tracking import Tracker

log = logging.getLogger(__name__)

GENERATIONS = 4  # at least: the wider the stack, the less does a trial know of those before it


@dataclass(frozen=True)
class Request:
    """What is searched, and where. `base`: the run without what is searched; `compose` makes a run of overrides and a number.

    A number below 0 is of a run that leaves no files. `resources`: where jobs train; their slots are
    chosen by model, machine and number of trials if they are not said. `listeners` hear after ours.
    """

    folder: Path
    base: Run
    space: Space
    settings: Settings
    compose: Compose
    choices: Callable[[Sequence[str]], Mapping[str, Any]]  # from config groups, of overrides
    extend: Callable[[optuna.Trial], None]
    resources: Resources
    listeners: Sequence[Listener]


def conduct_search(request: Request, tracker: Tracker) -> None:
    """Search, write down what came of it, and train the best once more on several seeds, as the settings say."""
    console, folder = plain_console(), request.folder
    for remark in request.space.remarks():
        console.print(f"remark: {remark}", soft_wrap=True)
    with answering():
        data = LastRead()
        key_of = request.resources.key_of
        prepared = prepare(request.base, request.space, request.settings, request.compose, data, key_of, console)
        if (best := _told_again(request, prepared, console)) is not None:
            _retrain(request, best, data, console)
            return
        search = run_search(request, prepared, data, tracker, console)
    best, tags = write_search_results(folder, search, request.choices, console)
    if has_ended(folder):
        summarise_sweep(folder, console, tracker, search=tags, infeasible=infeasible(search), data=data)
    else:
        trials = f"{len(search.trials.counted)} of {search.plan.n_trials} trials have ended, {search.failures} failed"
        console.print(f"{folder}: no run has left results here: {trials}.", soft_wrap=True)
    if not any(trial.state == TrialState.COMPLETE for trial in search.trials.counted):
        raise ValueError(f"{folder}: at least one trial must come to its end, but got {_what_became_of(search)}.")
    if best is not None:
        _retrain(request, best, data, console)


def _told_again(request: Request, prepared: Preparation, console: Console) -> FrozenTrial | None:
    """The best trial of a search that is through."""
    base, space, settings = request.base, request.space, request.settings

    def check(study: optuna.Study) -> None:
        check_unchanged_settings(study, base, space, settings, data_digest=prepared.dataset.digest)
        check_whole_grid(study, prepared.samplers)

    return told_again(request.folder, settings.storage, prepared.plan.n_trials, check, console)


def _retrain(request: Request, best: FrozenTrial, data: LastRead, console: Console) -> None:
    """The best configuration on fresh seeds, if they are asked for."""
    folder = request.folder
    if not request.settings.retrain:
        return
    if f"data.{FOLD}" in request.space.searched:
        console.print(f"hydra.sweeper.retrain: {OF_FOLDS}")
        return
    place = folder.with_name(f"{folder.name}-best-{best.number}")
    jobs = []
    last = request.base.seed + request.settings.repeats - 1
    for number, seed in enumerate(fresh_seeds(folder, request.settings.retrain, but=last)):
        given = [*request.space.overrides(best.params), f"seed={seed}", "test=true"]
        jobs.append(Job(number, request.compose(given, -1), place / str(number), tuple(given)))
    with tracking.open(request.base.tracking.enabled) as tracker:
        retrain(jobs, place, tracker, console, data, request.resources)


def run_search(request: Request, prepared: Preparation, data: LastRead, tracker: Tracker, console: Console) -> Search:
    """Search until `n_trials` have ended, from where an earlier start left off; gives the search."""
    folder, base, space, settings = request.folder, request.base, request.space, request.settings
    plan, num_jobs, key_of = prepared.plan, prepared.num_jobs, request.resources.key_of
    status = SweepStatus(num_jobs, plan.objectives[0].name, num_jobs * base.epochs)
    request.resources.check()
    storage = open_storage(settings.storage, folder, folder.name)  # one that cannot be leaves nothing behind
    with recording(
        folder, base.tracking, tracker, console, figures=status.figures, shared=as_typed(space.fixed)
    ) as around:
        trials = _trials(request, prepared, storage, around.background)
        rotation = Rotation(space.searched, prepared.split, plan.n_trials, base.seed)
        search = Search(
            trials,
            space,
            plan,
            folder=folder,
            compose=request.compose,
            rotation=rotation if prepared.samplers.conditioned else None,
            seed=base.seed,
            key_of=lambda run: key_of(run, data.read),
            extend=request.extend,
            lost=lambda number: status.lose(plan.repeats, base.epochs),
        )
        display = Display(status, console)
        for path in commit.found_in(folder):  # of trials that were broken off, and are asked for again as others
            path.unlink()
        recall_all(folder, around, [*around.others, display, *request.listeners])
        status.restart()
        if len(trials.counted) >= plan.n_trials:
            console.print(OVER.format(folder=folder, n_trials=plan.n_trials))
        heard = [around.record, *around.others, display, search, *request.listeners]
        # A repeat that diverges or fails ends the others of its trial.
        prunes = plan.repeats > 1 or not isinstance(prepared.pruner, optuna.pruners.NopPruner)
        most = max(2, num_cores(), num_jobs // GENERATIONS)
        trainer = request.resources.trainer(search, heard, console=console, data=data, prunes=prunes, most=most)
        try:
            with display:
                trainer.train()
                status.used, status.offered = trainer.used_, trainer.offered_
        except BaseException:
            storage.hurry()
            raise
        finally:
            around.background.flush()
            search.abandon()  # what is open, if the search was broken off
            trials.close()
        tracker.hurry()
    if rotation.splitting:
        console.print(rotation.told(trials.all), soft_wrap=True)
    if search.has_failed:
        raise _too_many_failures(search)
    return search


def _trials(request: Request, prepared: Preparation, storage: HeldStorage, background: Background) -> Trials:
    """Those of earlier starts, whose settings must be these, and those to come."""
    folder = request.folder
    trials = Trials(
        storage,
        folder.name,
        prepared.directions,
        sampler=prepared.samplers,
        pruner=prepared.pruner,
        background=background,
    )
    digest = prepared.dataset.digest
    check_unchanged_settings(trials.study, request.base, request.space, request.settings, data_digest=digest)
    check_whole_grid(trials.study, prepared.samplers)
    trials.load(lambda trial: ended_in(folder, trial, prepared.plan))
    return trials


def recall_all(folder: Path, around: Recording, listeners: Sequence[Listener]) -> None:
    """The jobs of earlier starts, told again from their records; those that were broken off are closed."""
    for place in sorted(path.parent for path in folder.glob(f"*/{runs.CONFIG}")):
        try:
            results, recorded = close(place, "its process is gone"), Recorded.read(place)
            assert recorded is not None
            job = Job(int(place.name), read_run(place), place)
        except DamagedError as error:
            log.warning("%s The run is left out of what follows; its trial counts.", error)
            continue
        around.record.results_[job.number] = results
        heard = listeners if results.stop_reason != StopReason.INTERRUPTED else around.others
        recall(job, list(heard), recorded)


def _last_failure(search: Search) -> str:
    last = next(trial for trial in reversed(search.trials.all) if trial.state == TrialState.FAIL)
    return f"trial {last.number}: {last.user_attrs.get('reason')}"


def _what_became_of(search: Search) -> str:
    """The trials of a search in which none came to its end."""
    others = len(search.trials.counted) - search.failures
    failed = f"{search.failures} that failed ({_last_failure(search)})" if search.failures else ""
    return " and ".join(filter(None, (failed, f"{others} that diverged or were pruned" if others else ""))) or "none"


def _too_many_failures(search: Search) -> ValueError:
    return ValueError(
        f"hydra.sweeper.max_failure_rate: at most {search.plan.max_failure_rate:g} of {search.plan.n_trials} trials must fail, "
        f"but got {search.failures} ({_last_failure(search)})"
    )
