"""A search over closed-form functions: jobs whose training is a formula, so that samplers can be judged in seconds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.pruners import BasePruner, NopPruner

from src.runs.job import Job
from src.runs.progress import Progress
from src.search.rotation import Rotation
from src.search.settings import Samplers
from src.search.source import Plan, Search
from src.search.space import Space, read_space
from src.search.storage import open_storage
from src.search.study import Ledger

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
    kept = open_storage(storage, folder)
    ledger = Ledger(kept, "study", ["minimize"], sampler=samplers, pruner=pruner or NopPruner())
    ledger.load(lambda trial: None)
    return Search(
        ledger,
        space,
        Plan(["val/loss"], ["minimize"], n_trials, **plan),
        compose=lambda overrides, number: Formula(overrides, splits),  # type: ignore[arg-type,return-value]
        turns=Rotation(space.searched, splits, n_trials, seed) if samplers.conditioned else None,
        seed=seed,
        key_of=lambda run: run.key,  # type: ignore[attr-defined]
    )


def run_slots(search: Search, function: Function, slots: int, epochs: int = 3, most: int | None = None) -> int:
    """Train as an engine does: one stack after another, every freed slot refilled at the end of an epoch; gives the epochs.

    The loss of epoch e is the function's value plus 1 / e. `most`: stop after so many trials have ended, as a kill does.
    """
    done = 0
    while (first := search.next(None)) is not None:
        key = first.run.key
        search.opened(slots)
        members: list[tuple[Job, list[dict[str, float]]]] = [(first, [])]
        while members:
            while len(members) < slots and (job := search.next(key)) is not None:
                members.append((job, []))
            for job, history in list(members):
                done += 1
                value = function(job.run.params)
                history.append(
                    {"val/loss": value + 1 / (len(history) + 1), "train/loss": 0.0, "epoch": len(history) + 1}
                )
                keep = search.epoch(job, history[-1])
                if not keep or len(history) == epochs:
                    members.remove((job, history))
                    search.end(job, _trained(history, "epochs" if len(history) == epochs else "pruned"))
                    if most is not None and len(search.ledger.counted) >= most:
                        return done
    return done


def _trained(history: list[dict[str, float]], reason: str) -> Any:
    progress = Progress("val/loss", "minimize", len(history), None, history, len(history), reason)
    return SimpleNamespace(progress=progress, num_params=1)


def best_value(search: Search) -> float:
    """Of the trials that have ended."""
    return min(trial.value for trial in search.ledger.counted if trial.value is not None)
