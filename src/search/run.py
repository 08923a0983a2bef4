"""A search, whole: its study is opened, its trials are trained in stacks, what came of it is written down."""

from collections.abc import Callable
from pathlib import Path

import optuna
import yaml
from optuna.samplers import GridSampler
from optuna.trial import TrialState
from rich.console import Console

from src import runs
from src.config.loading import load
from src.config.schema import Run
from src.data.reading import read_dataset
from src.engines.dispatch import Sweep
from src.engines.stacked.size import choose_slots
from src.runs.build import build_run_model, device_of
from src.runs.job import Job
from src.runs.record import announce_orphans
from src.runs.results import results_of_broken
from src.search.recovery import ended_in
from src.search.rotation import Rotation
from src.search.settings import Samplers, Settings, check_settings, directions_of, objectives_of, pruner_of
from src.search.source import Plan, Search
from src.search.space import Space
from src.search.stack_parameters import Compose, splitting
from src.search.storage import open_storage
from src.search.study import Ledger
from src.search.unchanged_settings import check_unchanged_settings
from src.sweep.record import SweepRecord
from src.sweep.status import SweepStatus
from src.tracking import Scribe

GENERATIONS = 4  # at least: the wider the stack, the less does a trial know of those before it


def run_search(
    folder: Path,
    base: Run,
    space: Space,
    settings: Settings,
    *,
    compose: Compose,
    extend: Callable[[optuna.Trial], None],
    slots: int | None,
    console: Console,
    scribe: Scribe | None,
) -> Search:
    """Search `space` until `settings.n_trials` have ended, from where an earlier start left off; gives the search.

    `base`: the run without what is searched; `compose` makes a run of overrides and a number. `slots`: jobs that train at
    once; None chooses by model, machine and number of trials.
    """
    announce_orphans(console, but=folder)
    dataset = read_dataset(base.data)  # files that are missing are the search's mistake, not that of each trial
    objectives = objectives_of(base)
    check_settings(settings, space, dataset.task)
    samplers, pruner = Samplers(settings.sampler, space.searched, base.seed), pruner_of(settings, objectives)
    directions = directions_of(settings, objectives)
    plan = Plan(
        objectives,
        directions,
        _trials(settings, samplers),
        repeats=settings.repeats,
        in_turn=isinstance(pruner, optuna.pruners.WilcoxonPruner),
        timeout=settings.timeout,
        max_failure_rate=settings.max_failure_rate,
        bounds=settings.constraints or {},
    )
    with SweepRecord(folder, base, scribe) as record:
        storage = open_storage(settings.storage, folder)
        ledger = Ledger(storage, folder.name, directions, sampler=samplers, pruner=pruner)
        check_unchanged_settings(ledger.kept, base, space, settings)
        ledger.load(lambda trial: ended_in(folder, trial, plan))
        turns = Rotation(space.searched, splitting(space, compose), plan.n_trials, base.seed)
        num_jobs = plan.n_trials * plan.repeats
        standing = SweepStatus(num_jobs, objectives[0], num_jobs * base.epochs)
        search = Search(
            ledger,
            space,
            plan,
            compose=compose,
            turns=turns if samplers.conditioned else None,
            seed=base.seed,
            extend=extend,
            later=record.later,
            lost=lambda number: standing.lose(plan.repeats, base.epochs),
        )
        _recall(record, standing)
        if len(ledger.counted) >= plan.n_trials:
            console.print(f"{folder}: all {plan.n_trials} trials have ended; a larger hydra.sweeper.n_trials goes on.")
        if slots is None:
            slots = min(choose_slots(build_run_model(base, dataset), device_of(base)), max(2, num_jobs // GENERATIONS))
        sweep = Sweep(search, record, standing, slots=slots, console=console)
        try:
            with sweep.view:
                sweep.train()
            record.flush()
        except BaseException:
            record.flush()
            search.abandon()
            raise
        finally:
            ledger.close()
    if turns.splitting:
        console.print(turns.told(ledger.trials), soft_wrap=True)
    if search.has_failed:
        raise _too_many_failures(search)
    return search


def _trials(settings: Settings, samplers: Samplers) -> int:
    """As many as are asked for; of a grid, no more than it has."""
    sampler = samplers(0)
    return min(settings.n_trials, len(sampler._all_grids)) if isinstance(sampler, GridSampler) else settings.n_trials


def _too_many_failures(search: Search) -> ValueError:
    last = next(trial for trial in reversed(search.ledger.trials) if trial.state == TrialState.FAIL)
    return ValueError(
        f"hydra.sweeper.max_failure_rate: at most {search.plan.max_failure_rate:g} of {search.plan.n_trials} trials must fail, "
        f"but got {search.failures} (trial {last.number}: {last.user_attrs.get('reason')})"
    )


def _recall(record: SweepRecord, standing: SweepStatus) -> None:
    """The jobs of earlier starts, for the view and for MLflow; those that were broken off are closed."""
    for path in record.folder.glob(f"*/{runs.CONFIG}"):
        folder = path.parent
        run = load(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
        job = Job(int(folder.name), run)
        results = runs.read_json(folder / runs.RESULTS)
        if not results:
            results = results_of_broken(run, folder, "interrupted", "its process is gone")
            runs.write_json(folder / runs.RESULTS, results)
        record.known(job, results)
        if results["stop_reason"] != "interrupted":
            for row in runs.read_history(folder):
                standing.add(job, row)
            standing.end(job, results["stop_reason"], results.get("stopped_epoch") or 0)
    standing.restart()
