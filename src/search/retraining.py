"""The best configuration of a search on several seeds: the one time that the test split is read."""

import math
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from src.runs.job import Job
from src.statistics.intervals import mean_and_sd
from src.sweep.grid import train_grid
from src.sweep.summary import summarise_sweep
from src.tracking import Tracker


def retrain(jobs: Sequence[Job], folder: Path, tracker: Tracker, console: Console) -> None:
    """Train `jobs`, equal but for their seeds, in `folder`, and tell mean and standard deviation of the test figures."""
    console.print(f"the best configuration again, on {len(jobs)} seeds, with the test split:")
    results = train_grid(jobs, folder, tracker, console=console)
    summarise_sweep(folder, console, tracker)
    tested = [result.test for result in results.values() if result.test]
    names = [name for name in (tested[0] if tested else {}) if not name.endswith(("_low", "_high"))]
    for name in names:
        values = [figures[name] for figures in tested if math.isfinite(figures[name])]
        if len(values) > 1:
            console.print(f"test {name}: {mean_and_sd(values)}, {len(values)} seeds")
