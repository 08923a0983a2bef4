"""The keys of `hydra.sweeper` for a search: those of Hydra's own sweeper for Optuna, and ours."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from pydantic import Field

from src.choices import chosen
from src.config.schema import Run
from src.fields import Block, Count, Finite, Positive
from src.imports import checked_call, imported_class
from src.metrics import DIRECTIONS, Direction, objectives_for
from src.randomness import Purpose, key
from src.search.auto_sampler import AUTO, fitting_sampler
from src.search.samplers import CONDITIONED, CONSTANT, PRUNERS, SAMPLERS, Grid, build_pruner, build_sampler
from src.search.space import Space, as_sweep

KINDS = {"sampler": BaseSampler, "pruner": BasePruner}


class Settings(Block):
    """`sampler` and `pruner`: a name, a mapping with `name`, or with `_target_`, and Optuna's own settings beside it."""

    sampler: str | dict[str, Any]
    pruner: str | dict[str, Any] | None
    direction: Direction | list[Direction] | None  # null: by objective
    storage: str | None  # a database's URL; null: a journal in the study's folder
    study_name: Annotated[str, Field(pattern=r"^\w[\w.+ -]*$")] | None  # also the name of its folder
    n_trials: Count
    n_jobs: Count | None  # trials that train at once; null: by model, machine and n_trials
    timeout: Positive | None  # seconds
    max_failure_rate: Annotated[float, Field(ge=0, le=1)]
    repeats: Count
    resume: Literal["continue", "fresh", "force"]
    params: dict[str, Any] | None
    custom_search_space: str | None
    constraints: dict[str, Finite] | None  # largest value of a figure, by name
    retrain: Annotated[
        int, Field(ge=0, le=1000)
    ]  # seeds on which the best configuration is trained at the end, test split read


@dataclass(frozen=True)
class Strategy:
    """A sampler or pruner by `name` in our tables, or a class of its own, with its settings."""

    name: str
    own: Callable[..., Any] | None
    settings: dict[str, Any]

    @classmethod
    def of(cls, kind: str, given: str | Mapping[str, Any] | None, table: Mapping[str, Any]) -> "Strategy":
        """From the value of `hydra.sweeper.<kind>`; ValueError for a `_target_` that does not import."""
        if given is None or isinstance(given, str):
            return cls(given or "none", None, {})
        settings = {name: value for name, value in given.items() if name not in ("_target_", "name")}
        for name, value in settings.items():
            if isinstance(value, Mapping) and "_target_" in value:
                raise ValueError(
                    f"hydra.sweeper.{kind}.{name}: must be a value, no {kind} or function, but got {value}."
                )
        target = str(given.get("_target_", ""))
        if not target:
            return cls(str(given.get("name")), None, settings)
        name = target.rpartition(".")[2].removesuffix(kind.title()).lower().replace("-", "")
        name = {"successivehalving": "halving", "nop": "none"}.get(name, name)
        if target.startswith("optuna.") and name in table:
            return cls(name, None, settings)
        return cls(name, imported_class(f"hydra.sweeper.{kind}", target, KINDS[kind]), settings)


def check_names(settings: Settings) -> None:
    """Raises ValueError for a sampler or a pruner that there is none of."""
    tables: dict[str, Mapping[str, Any]] = {"sampler": SAMPLERS, "pruner": PRUNERS}
    more = {"sampler": AUTO, "pruner": "none"}
    for kind, table in tables.items():
        strategy = Strategy.of(kind, getattr(settings, kind), table)
        if strategy.own is None:
            chosen(f"hydra.sweeper.{kind}", {more[kind]: None, **table}, strategy.name)


def sampler_of(settings: Settings, space: Space, objectives: Sequence[str]) -> tuple[str | dict[str, Any], str | None]:
    """The sampler that is asked for, or for `auto` the one that fits, with the reason. Its own settings are those of TPE."""
    strategy = Strategy.of("sampler", settings.sampler, SAMPLERS)
    if strategy.name != AUTO:
        return settings.sampler, None
    if own := [name for name, value in strategy.settings.items() if name != "seed"]:
        name, why = "tpe", f"{own[0]!r} is set, which is of it"
    elif settings.custom_search_space:
        name, why = "tpe", "trials suggest parameters of their own"
    else:
        name, why = fitting_sampler(space.searched, settings.n_trials, objectives=len(objectives))
    return {"name": name, **strategy.settings}, f"sampler: {name}, since {why} (hydra.sweeper.sampler=auto)."


class Samplers:
    """The sampler of a trial, built anew from (seed, the trial's number): a search that goes on does not repeat itself."""

    def __init__(self, given: str | Mapping[str, Any], space: Mapping[str, BaseDistribution], seed: int) -> None:
        self.strategy, self.space = Strategy.of("sampler", given, SAMPLERS), space
        settings = dict(self.strategy.settings)
        self.seed = seed if settings.get("seed") is None else int(settings["seed"])
        self.settings = {name: value for name, value in settings.items() if name != "seed"}

    def __call__(self, number: int) -> BaseSampler:
        seed = self.seed if self.strategy.name in CONSTANT else _draw(self.seed, number)
        if self.strategy.own is not None:
            seeded = {"seed": seed} if "seed" in inspect.signature(self.strategy.own).parameters else {}
            return _built("sampler", self.strategy.own, {**self.settings, **seeded})
        return build_sampler(self.strategy.name, self.settings, self.space, seed)

    @property
    def num_settings(self) -> int | None:
        """How many settings there are to be tried; None if there is no end of them."""
        sampler = self(0)
        return sampler.num_settings if isinstance(sampler, Grid) else None

    @property
    def conditioned(self) -> bool:
        """Whether some parameters can be held fixed."""
        return self.strategy.own is None and self.strategy.name in CONDITIONED


def pruner_of(settings: Settings, objectives: list[str]) -> BasePruner:
    """The pruner; ValueError for one beside several objectives."""
    strategy = Strategy.of("pruner", settings.pruner, PRUNERS)
    if strategy.name != "none" and len(objectives) > 1:
        raise ValueError(f"hydra.sweeper.pruner: must be null for several objectives, but got {strategy.name}.")
    if strategy.own is not None:
        return _built("pruner", strategy.own, strategy.settings)
    return build_pruner(strategy.name, strategy.settings)


def _built(kind: str, own: Callable[..., Any], settings: Mapping[str, Any]) -> Any:
    construct = checked_call(f"hydra.sweeper.{kind}", own, settings)
    try:
        return construct()
    except Exception as error:  # a class of a user's own may fail in any way
        raise ValueError(
            f"hydra.sweeper.{kind}: {own.__name__} must be built without an error, but got {type(error).__name__}: {error}"
        ) from error


def check_settings(settings: Settings, space: Space, task: str) -> None:
    """Raises ValueError where the settings of a search contradict its space or its data."""
    if not space.searched and settings.custom_search_space is None:
        example = "optimizer.lr=tag(log, interval(1e-4, 1e-1))"
        raise ValueError(f"hydra.sweeper.params: must name what is searched, such as {example}, but got nothing.")
    known = (*objectives_for(task), "train/loss", "epoch_seconds")
    for name in settings.constraints or {}:
        if name not in known:
            raise ValueError(
                f"hydra.sweeper.constraints: must name one of {', '.join(known)} for a {task} task, but got {name!r}."
            )
    if settings.repeats > 1 and "seed" in space.searched:
        raise ValueError(
            f"seed: must not be searched where each trial is trained on hydra.sweeper.repeats={settings.repeats} seeds, but got "
            f"{as_sweep(space.searched['seed'])}."
        )


def objectives_of(run: Run) -> list[str]:
    """The objectives of a run, the first that drives patience and pruning first."""
    return [run.objective] if isinstance(run.objective, str) else list(run.objective)


def directions_of(settings: Settings, objectives: list[str]) -> list[Direction]:
    """A direction for each objective; ValueError if what is set contradicts what the objective is."""
    known: list[Any] = [DIRECTIONS[name] for name in objectives]
    given = [settings.direction] if isinstance(settings.direction, str) else settings.direction
    if given is not None and given != known:
        raise ValueError(f"hydra.sweeper.direction: must be {known} for {objectives}, or null, but got {given}.")
    return known


def _draw(seed: int, number: int) -> int:
    return int(key(seed, Purpose.SEARCH, number)) % 2**32
