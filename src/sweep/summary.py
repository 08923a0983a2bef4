"""The end of a sweep: its leaderboard, its figure, and the model of its best run."""

import logging
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from rich.console import Console

from src import runs
from src.artifacts import leave
from src.config.leaves import leaves
from src.config.loading import load
from src.data.batches import EvalBatches
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.metrics import DIRECTIONS
from src.plots import objective_against
from src.runs.build import dtype_of, standardize_of
from src.runs.evaluation import predict
from src.runs.outcome import WEIGHTS, rebuilt
from src.sweep.leaderboard import Entry, drawn, leaderboard, swept_keys
from src.tracking import Scribe, finish_sweep
from src.tracking.parent import SWEEP
from src.tracking.store import STATE

log = logging.getLogger(__name__)


def summarise_sweep(
    folder: Path,
    console: Console,
    scribe: Scribe | None = None,
    *,
    search: Mapping[str, str] | None = None,
    infeasible: Collection[int] = (),
) -> pd.DataFrame:
    """Fold the runs in `folder` into a leaderboard with a figure, keep the model of its first row, tell MLflow.

    `scribe`: the one that wrote what the sweep's members left, if it is still open. `search`: tags of a search, in which
    runs may fail, and those of the numbers `infeasible` are against its constraints.
    """
    entries = [replace(entry, feasible=entry.number not in infeasible) for entry in read_entries(folder)]
    objective = _objective(entries)
    table = leaderboard(entries, objective)
    table.to_csv(folder / "leaderboard.csv", index=False)
    best = _best(table, entries, objective)
    frame = _swept(entries)
    if len(frame.columns) > 1:
        simulated = any((entry.results.get("data") or {}).get("simulated") for entry in entries)
        note = "simulated data" if simulated else ""
        objective_against(frame, objective, folder.name, note).savefig(folder / "objective.png", dpi=120)
    broken = sum(entry.results["status"] != "FINISHED" for entry in entries)
    figures = {"sweep/runs": len(entries), "sweep/broken": broken}
    if best is not None:
        figures[f"best/{objective}"] = best.value
    status = "FAILED" if broken and search is None else "FINISHED"
    runs.write_json(folder / SWEEP, {"status": status, "figures": figures, "tags": dict(search or {})})
    console.print(drawn(table, objective))
    if best is not None:
        _keep_model(folder / str(best.number), best)
        console.print(f"best run: {os.path.relpath(folder / str(best.number))}, {objective} {best.value:.4f} on val")
    elif infeasible:
        console.print("no run keeps the constraints.")
    console.print(f"folder: {os.path.relpath(folder)}   look: make ui")
    for entry in entries:
        (folder / str(entry.number) / WEIGHTS).unlink(missing_ok=True)
    _tell_mlflow(folder, status, folder / str(best.number) if best else None, scribe)
    return table


def _tell_mlflow(folder: Path, status: str, best: Path | None, scribe: Scribe | None) -> None:
    """The sweep as a whole, and the files that its best run has now; a server that is down costs a warning."""
    if scribe is not None:
        scribe.finish(status, best)
    elif (folder / STATE).is_file():  # it is tracked
        try:
            finish_sweep(folder, status, best)
        except Exception as error:
            log.warning("MLflow cannot be reached; `python -m src.sync` sends the sweep later. (%s)", error)


def read_entries(folder: Path) -> list[Entry]:
    """The runs of the sweep in `folder` that have ended, by number, less those broken off; ValueError if there is none."""
    results = {
        int(path.parent.name): runs.read_json(path)
        for path in folder.glob(f"*/{runs.RESULTS}")
        if path.parent.name.isdigit()
    }
    ended = [number for number in sorted(results) if results[number]["stop_reason"] != "interrupted"]
    if not ended:
        raise ValueError(f"{folder}: must hold runs that have ended, but got none.")
    configs = ((folder / str(number) / runs.CONFIG).read_text() for number in ended)
    return [
        Entry(number, yaml.load(config, Loader=yaml.CSafeLoader), results[number])
        for number, config in zip(ended, configs, strict=True)
    ]


def has_ended(folder: Path) -> bool:
    """Whether there is a run of the sweep in `folder` to conclude from."""
    found = folder.glob(f"*/{runs.RESULTS}")
    return any(runs.read_json(path)["stop_reason"] != "interrupted" for path in found)


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
    numbers = {int(number) for number in table["numbers"].iloc[0].split()}
    of_row = [entry for entry in entries if entry.number in numbers and entry.feasible and math.isfinite(entry.value)]
    choose = min if DIRECTIONS[objective] == "minimize" else max
    return choose(of_row, key=lambda entry: entry.value) if of_row else None


def _swept(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row per run: its `value` and the keys in which the runs differ."""
    keys = swept_keys(entries)
    rows = [{**{key: dict(leaves(entry.values)).get(key) for key in keys}, "value": entry.value} for entry in entries]
    return pd.DataFrame(rows)


def _keep_model(folder: Path, entry: Entry) -> None:
    """Predictions, figures and the model to serve, of a run that has kept its weights alone."""
    weights = folder / WEIGHTS
    if not weights.is_file():  # it has them already
        return
    run = load(entry.values)
    dataset = read_dataset(run.data)
    standardize = Standardize.fit(dataset.train.inputs, standardize_of(run))
    model = rebuilt(run, torch.load(weights, weights_only=True), dataset)
    val = predict(model, EvalBatches(dataset.val, standardize, dtype_of(run)))
    leave(run, folder, dict(entry.results), model, dataset, standardize, {"val": val})
