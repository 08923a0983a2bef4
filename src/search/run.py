"""A search, whole: its study is opened, its trials are trained in stacks, what came of it is written down."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.distributions import FloatDistribution, IntDistribution, distribution_to_json, json_to_distribution
from optuna.samplers import GridSampler
from optuna.trial import TrialState
from rich.console import Console

from src import resume, runs
from src.config.leaves import leaves
from src.config.loading import load
from src.config.schema import Run
from src.data.reading import read_dataset
from src.jobs import Job
from src.parts import build_run_model, device_of
from src.recording.record import announce_orphans, plain_values
from src.recording.results import results_of_broken
from src.search.ledger import Ledger
from src.search.recovery import ended_in
from src.search.settings import Samplers, Settings, check_settings, directions_of, objectives_of, pruner_of
from src.search.source import Plan, Search
from src.search.space import Space, sweep
from src.search.storage import open_storage
from src.search.turns import Turns
from src.stacked.key import stack_key
from src.stacked.size import choose_slots
from src.sweep.record import SweepRecord
from src.sweep.run import Sweep
from src.sweep.standing import Standing
from src.tracking import Scribe

Compose = Callable[[Sequence[str], int], Run]
GENERATIONS = 4  # at least: the wider the stack, the less does a trial know of those before it
STATED = "stated"  # the study's attribute that holds what its trials have in common


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
    sampler = samplers(0)
    plan = Plan(
        objectives,
        directions,
        min(settings.n_trials, len(sampler._all_grids)) if isinstance(sampler, GridSampler) else settings.n_trials,
        repeats=settings.repeats,
        in_turn=isinstance(pruner, optuna.pruners.WilcoxonPruner),
        timeout=settings.timeout,
        max_failure_rate=settings.max_failure_rate,
        bounds=settings.constraints,
    )
    with SweepRecord(folder, base, scribe) as record:
        storage = open_storage(settings.storage, folder)
        ledger = Ledger(storage, folder.name, directions, sampler=samplers, pruner=pruner)
        _check_same(ledger, base, space, settings)
        ledger.load(lambda trial: ended_in(folder, trial, plan))
        turns = Turns(space.searched, splitting(space, compose), plan.n_trials, base.seed)
        standing = Standing(plan.n_trials * plan.repeats, objectives[0], plan.n_trials * plan.repeats * base.epochs)
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
            widest = max(2, plan.n_trials * plan.repeats // GENERATIONS)
            slots = min(choose_slots(build_run_model(base, dataset), device_of(base)), widest)
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
        last = next(trial for trial in reversed(ledger.trials) if trial.state == TrialState.FAIL)
        raise ValueError(
            f"hydra.sweeper.max_failure_rate: at most {settings.max_failure_rate:g} of {plan.n_trials} trials must fail, but "
            f"got {search.failures} (trial {last.number}: {last.user_attrs.get('reason')})"
        )
    return search


def splitting(space: Space, compose: Compose) -> list[str]:
    """The parameters whose value decides in which stack a trial trains."""
    found = []
    middle = {key: _inner(distribution)[0] for key, distribution in space.searched.items()}
    for key, distribution in space.searched.items():
        keys = set()
        for value in _inner(distribution):
            try:
                keys.add(stack_key(compose(space.overrides({**middle, key: value}), -1)))
            except ValueError:  # not with the others' values: it is more than a number
                keys.add("refused")
        if len(keys) > 1:
            found.append(key)
    return found


def _inner(distribution: Any) -> list[Any]:
    """Values of a distribution that tell what it may change: all choices, or two from its middle."""
    if isinstance(distribution, IntDistribution):
        step = max(distribution.step, 1)
        return sorted(
            {distribution.low + step * ((distribution.high - distribution.low) // step // 2), distribution.high}
        )
    if isinstance(distribution, FloatDistribution):
        if distribution.step is not None:
            count = round((distribution.high - distribution.low) / distribution.step)
            return [distribution.low + distribution.step * max(1, count // 2), distribution.high]
        width = distribution.high - distribution.low
        return [distribution.low + width / 3, distribution.low + 2 * width / 3]
    return list(distribution.choices)


def _check_same(ledger: Ledger, base: Run, space: Space, settings: Settings) -> None:
    """Raises ValueError if the study's earlier trials are of another space, other data or other settings, unless forced."""
    free = (*resume.FREE, "test")
    values = {key: value for key, value in leaves(plain_values(base)) if not key.startswith(free)}
    searched = {key: json.loads(distribution_to_json(distribution)) for key, distribution in space.searched.items()}
    sweeper = {"repeats": settings.repeats, "constraints": settings.constraints}
    now = json.loads(json.dumps({"space": searched, "run": values, "sweeper": sweeper}))
    before = ledger.kept.user_attrs.get(STATED)
    if before is not None and before["sweeper"] != now["sweeper"] and settings.resume == "force":
        raise ValueError(
            f"hydra.sweeper.resume: force must not change what earlier trials were judged by, but got {now['sweeper']} (was "
            f"{before['sweeper']}); fresh begins another study."
        )
    if before not in (None, now) and settings.resume != "force":
        old, new = _named(before), _named(now)
        changed = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        differences = ", ".join(f"{key}: {new.get(key)} (was {old.get(key)})" for key in changed)
        raise ValueError(
            f"hydra.sweeper.resume: a study must go on with the space and settings that it began with, but got {differences}; "
            "fresh begins another study, force goes on with this one."
        )
    if before != now:
        ledger.kept.set_user_attr(STATED, now)


def _named(stated: Mapping[str, Any]) -> dict[str, Any]:
    space = {key: sweep(json_to_distribution(json.dumps(value))) for key, value in stated["space"].items()}
    sweeper = {f"hydra.sweeper.{key}": value for key, value in stated["sweeper"].items()}
    return {**stated["run"], **space, **sweeper}


def _recall(record: SweepRecord, standing: Standing) -> None:
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
