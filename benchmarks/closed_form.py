"""A search over closed-form functions: jobs whose training is a formula, so that samplers can be judged in seconds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.pruners import BasePruner, NopPruner

from src.runs.background import Background
from src.runs.job import Job, Place
from src.runs.objective import Objective
from src.runs.outcome import Trained
from src.runs.progress import Progress
from src.runs.stop_reason import StopReason
from src.search.rotation import Rotation
from src.search.settings import Samplers
from src.search.source import Plan, Search
from src.search.space import Space, read_space
from src.search.storage import open_storage
from src.search.study import Trials

Function = Callable[[Mapping[str, Any]], float]
PARSER = OverridesParser.create()


class Formula:
    """Stands for a run: its parameters, and a stack key of those that split."""

    def __init__(self, overrides: Sequence[str], splits: Sequence[str]) -> None:
        parsed = PARSER.parse_overrides(list(overrides))
        self.params = {one.key_or_group: one.value() for one in parsed}
        self.key = str([self.params[name] for name in splits])


def open_search(
    folder: Path,
    arguments: Sequence[str],
    *,
    sampler: Any,
    n_trials: int,
    seed: int = 0,
    splits: Sequence[str] = (),
    pruner: BasePruner | None = None,
    storage: str | None = None,
    **plan: Any,
) -> Search:
    """A search over the space of `arguments` whose study is kept in `folder`."""
    space: Space = read_space(PARSER, {}, list(arguments))
    samplers = Samplers(sampler, space.searched, seed)
    trials = Trials(
        open_storage(storage, folder, "study"),
        "study",
        ["minimize"],
        sampler=samplers,
        pruner=pruner or NopPruner(),
        background=Background(),
    )
    trials.load(lambda trial: None)
    return Search(
        trials,
        space,
        Plan([Objective.of("val/loss")], n_trials, **plan),
        folder=folder,
        compose=lambda overrides, number: Formula(overrides, splits),  # type: ignore[arg-type,return-value]
        rotation=Rotation(space.searched, splits, n_trials, seed) if samplers.conditioned else None,
        seed=seed,
        key_of=lambda run: run.key,  # type: ignore[attr-defined]
    )


def run_slots(search: Search, function: Function, slots: int, epochs: int = 3, most: int | None = None) -> int:
    """Train as an engine does: one stack after another, every freed slot refilled at the end of an epoch; gives the epochs.

    The loss of epoch e is the function's value plus 1 / e. `most`: stop after so many trials have ended, as a kill does.
    """
    done = 0
    while (first := search.next(None)) is not None:
        place = Place(first.run.key, slots)  # type: ignore[attr-defined]
        members: list[tuple[Job, list[dict[str, float]]]] = [(first, [])]
        while members:
            while len(members) < slots and (job := search.next(place)) is not None:
                members.append((job, []))
            for job, history in list(members):
                done += 1
                value = function(job.run.params)  # type: ignore[attr-defined]
                history.append(
                    {"val/loss": value + 1 / (len(history) + 1), "train/loss": 0.0, "epoch": len(history) + 1}
                )
                keep = search.keep(job, history[-1])
                if not keep or len(history) == epochs:
                    members.remove((job, history))
                    reason = StopReason.EPOCHS if len(history) == epochs else StopReason.PRUNED
                    search.end(job, trained(history, reason))
                    if most is not None and len(search.trials.counted) >= most:
                        search.trials.background.flush()
                        return done
    search.trials.background.flush()
    return done


def trained(history: list[dict[str, float]], reason: StopReason) -> Trained:
    """What an engine makes of a job whose training is a formula."""
    count = len(history)
    progress = Progress(Objective.of("val/loss"), count, None, history=history, best_epoch=count, stop_reason=reason)
    return Trained(None, {}, None, None, progress, num_params=1)  # type: ignore[arg-type]


def best_value(search: Search) -> float:
    """Of the trials that have ended."""
    return min(trial.value for trial in search.trials.counted if trial.value is not None)
