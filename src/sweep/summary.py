"""The end of a sweep: its leaderboard, its figure, and the model of its best run."""

import logging
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from src import runs, tracking
from src.artifacts import leave_model, warned
from src.config.leaves import leaves
from src.config.loading import load_kept
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.disk import DamagedError, whole_file
from src.plots import Figure, objective_against, save_figure
from src.prediction.predictor import FILE
from src.runs.background import Background
from src.runs.files import LEADERBOARD, STATE, SWEEP
from src.runs.identity import read_config
from src.runs.objective import Objective
from src.runs.results import Results, read_results
from src.runs.stop_reason import RunStatus, StopReason
from src.statistics.rounding import rounded
from src.sweep.folds import OUT_OF_FOLD, drawn_folds, has_folds, out_of_fold
from src.sweep.leaderboard import Entry, drawn, leaderboard, read_leaderboard, swept_keys
from src.tracking import Tracker, is_complete

log = logging.getLogger(__name__)

KEPT = 10  # runs of a sweep, the best, whose models are kept to predict with; of the first row all


def summarise_sweep(
    folder: Path,
    console: Console,
    tracker: Tracker,
    *,
    search: Mapping[str, str] | None = None,
    infeasible: Collection[int] = (),
    figures: Mapping[str, float] | None = None,
    data: LastRead | None = None,
) -> pd.DataFrame:
    """Fold the runs in `folder` into a leaderboard with a figure, keep the model of its first row, tell MLflow.

    `tracker` follows the sweep. `search`: tags of a search, in which runs may fail, and those of the numbers `infeasible`
    are against its constraints. `figures`: more of the sweep as a whole. `data`: what its runs read last.
    """
    entries = [replace(entry, feasible=entry.number not in infeasible) for entry in read_entries(folder)]
    objective = _objective(entries)
    table = leaderboard(entries, objective)
    with whole_file(folder / LEADERBOARD) as part:
        table.to_csv(part, index=False)
    best = _best(table, entries, objective)
    broken = sum(entry.results.status != RunStatus.FINISHED for entry in entries)
    told = {"sweep/runs": len(entries), "sweep/broken": broken, **(figures or {})}
    if best is not None:
        told[f"best/{objective}"] = best.value
    status = RunStatus.FAILED if broken and search is None else RunStatus.FINISHED
    ended = {"status": status, "figures": told, "tags": dict(search or {}), "best": best and best.number}
    console.print(drawn(table, objective))
    if has_folds(first := _first_row(table, entries)):
        found = out_of_fold(folder, first)
        with whole_file(folder / OUT_OF_FOLD) as part:
            found.frame.to_parquet(part)
        console.print(drawn_folds(found))
    save_figure(lambda: _objective_figure(entries, objective, folder.name), folder / "objective.png")
    if best is not None:
        if (folder / str(best.number) / FILE).is_file():  # else it has its model already
            with warned(folder / str(best.number)):
                leave_model(folder / str(best.number), (data or LastRead()).read)
        _tell_best(folder, best.number, best.value, objective, console)
    else:
        if infeasible:
            console.print("no run keeps the constraints.")
        console.print(f"folder: {os.path.relpath(folder)}   look: make ui")
    ranked = [number for row in table["numbers"] for number in row.split()]
    for number in ranked[max(KEPT, len(table["numbers"].iloc[0].split())) :]:
        (folder / number / FILE).unlink(missing_ok=True)
    runs.write_json(folder / SWEEP, ended)  # last: a start that finds it concludes nothing
    tracker.finish(status, folder / str(best.number) if best else None)
    return table


def has_all(folder: Path) -> bool:
    """Whether the sweep in `folder` was concluded with a best run, and MLflow, if it is to be told, lacks nothing of it."""
    ended = runs.read_json(folder / SWEEP)
    is_concluded = ended.get("status") == RunStatus.FINISHED and ended.get("best") is not None
    is_plain = (folder / LEADERBOARD).is_file() and not (folder / OUT_OF_FOLD).is_file()
    return is_concluded and is_plain and (is_complete(folder) or not (folder / STATE).is_file())


def tell_again(folder: Path, console: Console) -> None:
    """Say once more how a sweep ended of which there is all, from its leaderboard."""
    ended = runs.read_json(folder / SWEEP)
    key = next(name for name in ended["figures"] if name.startswith("best/"))
    objective = key.removeprefix("best/")
    console.print(drawn(read_leaderboard(folder / LEADERBOARD), objective))
    _tell_best(folder, ended["best"], ended["figures"][key], objective, console)


def _tell_best(folder: Path, number: int, value: float, objective: str, console: Console) -> None:
    console.print(f"best run: {os.path.relpath(folder / str(number))}, {objective} {rounded(value)} on val")
    console.print(f"folder: {os.path.relpath(folder)}   look: make ui")


def sweep_figure(folder: Path) -> Figure | None:
    """The objective of the runs in `folder` against what they differ in; None where that is nothing."""
    entries = read_entries(folder)
    return _objective_figure(entries, _objective(entries), folder.name)


def _objective_figure(entries: Sequence[Entry], objective: str, title: str) -> Figure | None:
    """Of runs that differ in something."""
    frame = _swept(entries)
    simulated = any((entry.results.data or {}).get("simulated") for entry in entries)
    note = "simulated data" if simulated else ""
    return objective_against(frame, objective, title, note) if len(frame.columns) > 1 else None


def summarise_multirun(folder: Path) -> None:
    """The same of a sweep whose jobs came in batches, or were trained one by one: nobody follows it any more."""
    settings = load_kept(read_entries(folder)[0].values).tracking
    with tracking.open(settings.enabled) as tracker, Background() as background:
        tracker.follow(folder, settings, background, is_sweep=True)
        summarise_sweep(folder, plain_console(), tracker)


def read_entries(folder: Path) -> list[Entry]:
    """The runs of the sweep in `folder` that have ended, by number, less those broken off; ValueError if there is none.

    One whose record is damaged is left out, which is told.
    """
    entries = []
    for number, results in sorted(ended_runs(folder).items()):
        try:
            entries.append(Entry(number, read_config(folder / str(number)), results))
        except DamagedError as error:
            log.warning("%s The run is left out of the leaderboard.", error)
    if not entries:
        raise ValueError(f"{folder}: must hold runs that have ended, but got none.")
    return entries


def has_ended(folder: Path) -> bool:
    """Whether there is a run of the sweep in `folder` to conclude from."""
    return bool(ended_runs(folder))


def ended_runs(folder: Path) -> dict[int, Results]:
    """The results of the runs that have ended, by number."""
    numbers = [path.parent.name for path in folder.glob(f"*/{runs.RESULTS}") if path.parent.name.isdigit()]
    found = {int(number): read_results(folder / number) for number in numbers}
    return {number: one for number, one in found.items() if one and one.stop_reason != StopReason.INTERRUPTED}


def _objective(entries: Sequence[Entry]) -> str:
    """The objective of all runs; ValueError if they have several."""
    found = {_first(entry.values["objective"]) for entry in entries}
    if len(found) > 1:
        raise ValueError(f"objective: must be one for all runs of a sweep, but got {', '.join(sorted(found))}.")
    return found.pop()


def _first(objective: Any) -> str:
    return str(objective[0] if isinstance(objective, list) else objective)


def _best(table: pd.DataFrame, entries: Sequence[Entry], objective: str) -> Entry | None:
    """The best run of the first row; None if there is none that may be chosen."""
    of_row = [entry for entry in _first_row(table, entries) if entry.feasible]
    return min(of_row, key=lambda entry: Objective.of(objective).ascending(entry.value), default=None)


def _first_row(table: pd.DataFrame, entries: Sequence[Entry]) -> list[Entry]:
    """The runs of the leaderboard's first row that have a finite value."""
    numbers = {int(number) for number in table["numbers"].iloc[0].split()}
    return [entry for entry in entries if entry.number in numbers and math.isfinite(entry.value)]


def _swept(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row per run: its `value` and the keys in which the runs differ."""
    keys = swept_keys(entries)
    rows = [{**{key: dict(leaves(entry.values)).get(key) for key in keys}, "value": entry.value} for entry in entries]
    return pd.DataFrame(rows)
