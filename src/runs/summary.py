"""The table at the end of a run."""

import os
from pathlib import Path

from rich.table import Table

from src.config.schema import Run, parse_threshold
from src.runs.results import UNCALIBRATED, Results
from src.statistics.rounding import rounded

FEW = 200  # rows of val: of 78 Youden's threshold costs 0.010 to 0.019 of the accuracy, of 200 0.006
SHOWN = {
    "binary": (
        "auroc",
        "average_precision",
        "accuracy",
        "accuracy_at_threshold",
        "sensitivity_at_threshold",
        "specificity_at_threshold",
        "brier",
    ),
    "multiclass": ("accuracy", "auroc", "average_precision", "calibration_error"),
    "regression": ("rmse", "r2"),
}


def summary(results: Results, run: Run, task: str, folder: Path) -> Table:
    """The results of `run` as a table: data, model, epochs, val and test figures with bounds, cost, where to look."""
    table = Table(title=f"Run {results.run}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("data", (results.data or {})["source"])
    table.add_row("parameters", f"{results.num_params:,}")
    kept = f"best {results.best_epoch}" if run.keep == "best" else f"kept the last, {results.best_epoch}"
    table.add_row("epochs", f"{kept}, stopped {results.stopped_epoch} ({results.stop_reason})")
    objective = results.objective or {}
    table.add_row("objective", f"{objective['name']} = {_number(objective['value'])}")
    if results.threshold is not None:
        table.add_row("threshold", told_threshold(results.threshold, run, (results.data or {})["rows"]["val"]))
    if results.temperature is not None:
        table.add_row("temperature", f"{results.temperature:.3f}, fitted on val")
    for split in ("val", "test"):
        if figures := getattr(results, split):
            table.add_section()
            add_figures(table, f"{split} ", figures, task)
    table.add_section()
    table.add_row("seconds per epoch", f"{(results.timing or {})['epoch_seconds']:.3f} (median)")
    if ranks := [value for name, value in (results.timing or {}).items() if name.startswith("rank_")]:
        table.add_row("processor seconds", f"{', '.join(f'{value:.1f}' for value in ranks)}: of each process")
    table.add_row("folder", os.path.relpath(folder))
    table.add_row("look", "make ui")
    return table


def told_threshold(threshold: float, run: Run, num_val: int) -> str:
    """A threshold, and where `run` has it from; `num_val`: how many rows it was chosen on, if it was."""
    if parse_threshold(run.threshold).rule == "number":
        return f"{threshold:.3f}, given"
    few = f", whose {num_val} rows are few for it: 0.5 may decide better" if num_val < FEW else ""
    return f"{threshold:.3f}, chosen on val{few}"


def add_figures(table: Table, prefix: str, figures: dict[str, float], task: str) -> None:
    """A row for each figure of the task that there is, with its bounds."""
    names = dict.fromkeys([*SHOWN[task], *(["calibration_error"] if UNCALIBRATED in figures else [])])
    for name in names:
        if name in figures:
            table.add_row(f"{prefix}{name.replace('_', ' ')}", _with_bounds(figures, name))


def _with_bounds(figures: dict[str, float], name: str) -> str:
    """A figure with its bounds, what it was before a temperature was fitted, and what chance alone would make of it."""
    told = rounded(figures[name])
    if f"{name}_low" in figures:
        told += f"   95 % [{figures[f'{name}_low']:.3f}, {figures[f'{name}_high']:.3f}]"
    if f"{name}_uncalibrated" in figures:
        told += f"   before {rounded(figures[f'{name}_uncalibrated'])}"
    if f"{name}_by_chance" in figures:
        told += f"   by chance alone {rounded(figures[f'{name}_by_chance'])}"
    return told


def _number(value: float | None) -> str:
    return "none: no epoch was finite" if value is None else rounded(value)
