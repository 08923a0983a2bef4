"""What a search stands on, checked while nothing of it is there: a mistake leaves no study."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from optuna.pruners import BasePruner, WilcoxonPruner
from rich.console import Console

from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import LastRead
from src.engines.build import Read
from src.metrics import Direction
from src.runs.check import check_run
from src.runs.objective import Objective
from src.search.pruning import why_idle
from src.search.rehearsal import rehearse
from src.search.settings import Samplers, Settings, check_settings, directions_of, objectives_of, pruner_of, sampler_of
from src.search.source import Plan
from src.search.space import Space
from src.search.stack_parameters import Compose, splitting

KeyOf = Callable[[Run, Read], Hashable]


@dataclass(frozen=True)
class Preparation:
    """`split`: the parameters that decide on the stack, as `splitting` has them; none in the compiled engine."""

    dataset: Dataset
    split: list[str]
    samplers: Samplers
    pruner: BasePruner
    directions: list[Direction]
    plan: Plan

    @property
    def num_jobs(self) -> int:
        """How many runs the trials have."""
        return self.plan.n_trials * self.plan.repeats


def prepare(
    base: Run, space: Space, settings: Settings, compose: Compose, data: LastRead, key_of: KeyOf, console: Console
) -> Preparation:
    """Raises ValueError for what no trial could do; says what a pruner cannot. `key_of`: what runs of one stack agree on."""
    dataset = data.read(base.data)  # files that are missing are the search's mistake, not that of each trial
    check_settings(settings, space, dataset.task)
    objectives = objectives_of(base)

    def checked(run: Run) -> Hashable:
        if run.data == base.data:
            check_run(run, dataset)
        return key_of(run, data.read)

    split = splitting(space, compose, checked)  # composes trials
    if not space.searched:
        check_run(base, dataset)
    sampler, why = sampler_of(settings, space, objectives)
    samplers, pruner = Samplers(sampler, space.searched, base.seed), pruner_of(settings, objectives)
    directions = directions_of(settings, objectives)
    if why:
        console.print(why, soft_wrap=True)
    if not why or settings.pruner:
        rehearse(samplers(0), pruner, space.searched, directions)
    for line in why_idle(settings, base) if "epochs" not in space.searched else ():
        console.print(f"remark: {line}", soft_wrap=True)
    plan = Plan(
        [Objective.of(name) for name in objectives],
        min(settings.n_trials, samplers.num_settings or settings.n_trials),
        repeats=settings.repeats,
        in_turn=isinstance(pruner, WilcoxonPruner),
        timeout=settings.timeout,
        max_failure_rate=settings.max_failure_rate,
        bounds=settings.constraints or {},
    )
    return Preparation(dataset, split, samplers, pruner, directions, plan)
