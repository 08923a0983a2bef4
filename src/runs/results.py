"""What a run says of itself at the end: `results.json`."""

import math
import statistics
from pathlib import Path
from typing import Any

from src import runs
from src.config.schema import Run
from src.data.dataset import Dataset
from src.runs.evaluation import Predictions, figures, figures_with_bounds
from src.runs.progress import Progress

STATUS = {"interrupted": "KILLED", "failed": "FAILED"}  # every other stop reason is an end in good order


def results_of(
    run: Run,
    folder: Path,
    progress: Progress,
    num_params: int,
    dataset: Dataset,
    splits: dict[str, Predictions],
    threshold: float | None,
) -> dict[str, Any]:
    """The flat story of a run that ended; without one finite epoch (`splits` empty) its figures are null."""
    task = dataset.task
    seconds = [row["epoch_seconds"] for row in progress.history]
    return {
        "run": runs.label(folder),
        "status": "FINISHED",
        "stop_reason": progress.stop_reason,
        "best_epoch": progress.best_epoch,
        "stopped_epoch": len(progress.history),
        "objective": {"name": run.first_objective, "value": _finite(progress.best_value)},
        "val": figures(task, splits["val"], threshold) if "val" in splits else None,
        "test": figures_with_bounds(run, task, splits["test"], threshold) if "test" in splits else None,
        "threshold": threshold,
        "num_params": num_params,
        "seed": run.seed,
        "data": {
            "name": dataset.name,
            "source": dataset.source,
            "simulated": dataset.simulated,
            "task": task,
            "classes": list(dataset.classes),
            "rows": {part: len(getattr(dataset, part)) for part in ("train", "val", "test")},
        },
        "timing": {"epoch_seconds": statistics.median(seconds), "epochs_seconds": sum(seconds)},
    }


def results_of_broken(run: Run, folder: Path, stop_reason: str, why: str) -> dict[str, Any]:
    """What is known of a run that was interrupted or failed; `resume` takes it up from its last commit."""
    return {
        "run": runs.label(folder),
        "status": STATUS[stop_reason],
        "stop_reason": stop_reason,
        "reason": why,
        "seed": run.seed,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
