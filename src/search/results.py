"""What a search leaves: its best parameters, an experiment file that runs them, its figures."""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState
from rich import box
from rich.console import Console
from rich.table import Table

from src import runs
from src.runs.identity import read_config
from src.search.figures import draw_figures
from src.search.source import Search
from src.statistics.rounding import rounded

GROUPS = ("data", "model", "optimizer", "schedule", "augment")
Choices = Callable[[Sequence[str]], Mapping[str, Any]]  # from config groups, of overrides
NOT_OF_AN_EXPERIMENT = ("resume", "tracking", "test")
RESULTS = "optimization_results.yaml"


def write_search_results(
    folder: Path, search: Search, choices: Choices, console: Console
) -> tuple[FrozenTrial | None, dict[str, str]]:
    """Write the search's own files into `folder`; gives its best trial, if it has one, and tags for the parent run."""
    study, plan = search.trials.study, search.plan
    best = best_trials(study)
    _write_results(folder, best, len(plan.objectives) > 1)
    tags = {"study": study.study_name, "trials": str(len(search.trials.counted))}
    if against := infeasible(search):
        tags["infeasible"] = " ".join(map(str, against))
    first = best[0] if best else None
    if first is not None:
        tags |= {f"best/{key}": str(value) for key, value in first.params.items()}
        _write_experiment(folder, search, choices, first)
        tell_best(folder, first, console)
        tell_front(best, [objective.name for objective in plan.objectives], console)
    names = [objective.name for objective in plan.objectives]
    draw_figures(study, folder / "figures", names, None if first is None else first.number)
    return first, tags


def tell_best(folder: Path, first: FrozenTrial, console: Console) -> None:
    """The best trial's parameters, and the command that runs them."""
    shown = shlex.quote(os.path.relpath(folder))
    console.print(f"best trial {first.number}: {', '.join(f'{key}={value}' for key, value in first.params.items())}")
    console.print(f"run it: python -m src.train --config-dir {shown} +experiment=best", soft_wrap=True)


def tell_front(best: Sequence[FrozenTrial], objectives: Sequence[str], console: Console) -> None:
    """Of several objectives the trials that no other one beats in all, by the first."""
    if len(objectives) < 2:
        return
    front = Table(title=f"{len(best)} trials that none beats in all", title_justify="left", box=box.SIMPLE_HEAD)
    keys = list(dict.fromkeys(key for trial in best for key in trial.params))
    for name in ("trial", *objectives, *(key.rpartition(".")[2] for key in keys)):
        front.add_column(name, overflow="fold")
    for trial in sorted(best, key=lambda trial: trial.values[0]):
        values = [rounded(value) for value in trial.values]
        front.add_row(str(trial.number), *values, *(_short(trial.params.get(key, "")) for key in keys))
    console.print(front)


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The best trial, or for several objectives those that no other one beats in all; only feasible ones."""
    complete = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    if not complete:
        return []
    if len(study.directions) > 1:
        return study.best_trials
    try:
        return [study.best_trial]
    except ValueError:  # none is feasible
        return []


def infeasible(search: Search) -> list[int]:
    """The numbers of the runs whose trial is against the constraints."""
    repeats = search.plan.repeats
    against = [
        trial.number for trial in search.trials.counted if any(value > 0 for value in trial.constraints.values())
    ]
    return [number for first in against for number in range(first * repeats, (first + 1) * repeats)]


def _write_results(folder: Path, best: list[FrozenTrial], several: bool) -> None:
    """As Hydra's own sweeper writes it."""
    results: dict[str, Any] = {"name": "optuna"}
    if several:
        results["solutions"] = [{"params": _plain(trial.params), "values": list(trial.values)} for trial in best]
    elif best:
        results |= {"best_params": _plain(best[0].params), "best_value": best[0].value}
    runs.write_text(folder / RESULTS, yaml.safe_dump(results, sort_keys=False))


def _write_experiment(folder: Path, search: Search, choices: Choices, trial: FrozenTrial) -> None:
    """The run of `trial` as an experiment file: every key that it was resolved to, on the groups that it chose."""
    number, objectives = trial.number * search.plan.repeats, search.plan.objectives
    config = folder / str(number) / runs.CONFIG
    if config.is_file():
        values = read_config(folder / str(number))
    else:  # its folder was deleted, or is on another machine
        values = search.compose(search.space.overrides(trial.params), -1).kept()
    values = {key: value for key, value in values.items() if key not in NOT_OF_AN_EXPERIMENT}
    chosen = choices(search.space.overrides(trial.params))
    defaults = [{f"override /{group}": chosen[group]} for group in GROUPS if chosen.get(group)]
    claim = ", ".join(
        f"{objective.name} {rounded(value)}" for objective, value in zip(objectives, trial.values, strict=True)
    )
    header = (
        f"# @package _global_\n# The best of study {folder.name}: trial {trial.number}, {claim} on val.\n"
        f"# Command: python -m src.train --config-dir {shlex.quote(os.path.relpath(folder))} +experiment=best\n"
    )
    file = folder / "experiment" / "best.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    runs.write_text(file, header + yaml.safe_dump({"defaults": [*defaults, "_self_"], **values}, sort_keys=False))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: yaml.safe_load(value) if isinstance(value, str) else value for key, value in params.items()}
