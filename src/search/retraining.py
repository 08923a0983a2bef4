"""The best configuration of a search on several seeds: the one time that the test split is read."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from src.engines.dispatch import run_sweep
from src.runs.job import Job
from src.sweep.summary import summarise_sweep
from src.tracking import Scribe


def retrain(jobs: Sequence[Job], folder: Path, console: Console, scribe: Scribe | None) -> None:
    """Train `jobs`, equal but for their seeds, in `folder`, and tell mean and standard deviation of the test figures."""
    console.print(f"the best configuration again, on {len(jobs)} seeds, with the test split:")
    try:
        results = run_sweep(jobs, folder, slots=None, console=console, scribe=scribe)
        summarise_sweep(folder, console, scribe)
    finally:
        if scribe is not None:
            scribe.close(None)
    tested = [result["test"] for result in results.values() if result.get("test")]
    names = [name for name in (tested[0] if tested else {}) if not name.endswith(("_low", "_high"))]
    for name in names:
        values = [figures[name] for figures in tested if math.isfinite(figures[name])]
        if len(values) > 1:
            console.print(
                f"test {name}: {statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f}, {len(values)} seeds"
            )
