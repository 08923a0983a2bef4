"""Several runs as one model: the mean of what they have recorded of val and test, which need not be predicted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from src.disk import read_whole
from src.models.outputs import mean_outputs
from src.runs.evaluation import PREDICTIONS, Predictions, operating_threshold, read_groups, read_predictions
from src.runs.folder import label
from src.runs.identity import read_run
from src.runs.results import Results
from src.runs.summary import add_figures
from src.tasks import Task

SPLITS = ("val", "test")


@dataclass(frozen=True)
class Ensemble:
    """The mean of runs by `names`: what it predicts of the splits that all have recorded, and the threshold chosen on val."""

    names: Sequence[str]
    task: Task
    splits: Mapping[str, Predictions]
    threshold: float | None
    groups: Sequence[int] = ()  # of test's rows, those that count together


def recorded_ensemble(folders: Sequence[Path]) -> Ensemble:
    """Of the runs in `folders`. The threshold is chosen as the first's settings say.

    Raises ValueError for a run that keeps no predictions, or has other data or other rows than the first.
    """
    known, of_each = _data(folders[0]), [_predictions(folder) for folder in folders]
    for folder, found in zip(folders, of_each, strict=True):
        if not found:
            raise ValueError(
                f"run: each must keep its predictions (tracking.save_model=true), but got none in {folder}."
            )
        if (data := _data(folder)["name"]) != known["name"]:
            raise ValueError(f"run: all must have the data of the first, {known['name']}, but got {data} in {folder}.")
    common = [split for split in SPLITS if all(split in found for found in of_each)]
    splits = {split: _mean(split, [found[split] for found in of_each], known["task"]) for split in common}
    threshold = operating_threshold(read_run(folders[0]), known["task"], splits["val"])
    groups = read_groups(folders[0], "test")
    return Ensemble(list(map(label, folders)), known["task"], splits, threshold, groups)


def ensemble_table(ensemble: Ensemble) -> Table:
    """Its figures, those of test with their 95 % intervals."""
    table = Table(title=f"Mean of {len(ensemble.names)} runs", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("runs", " ".join(ensemble.names))
    if ensemble.threshold is not None:
        table.add_row("threshold", f"{ensemble.threshold:.3f}, chosen on val")
    for split, found in ensemble.splits.items():
        table.add_section()
        add_figures(table, f"{split} ", _figures(ensemble, split, found), ensemble.task)
    return table


def _figures(ensemble: Ensemble, split: str, found: Predictions) -> dict[str, float]:
    if split == "test":
        return found.bounded_figures(ensemble.task, ensemble.threshold, ensemble.groups)
    return found.figures(ensemble.task, ensemble.threshold)


def _mean(split: str, of_each: Sequence[Predictions], task: Task) -> Predictions:
    labels = of_each[0].labels
    if not all(torch.equal(one.labels, labels) for one in of_each):
        raise ValueError(f"run: all must have the same rows of {split}, but got others in one of them.")
    return Predictions(mean_outputs(torch.stack([one.logits for one in of_each]), task), labels)


def _predictions(folder: Path) -> dict[str, Predictions]:
    path = folder / PREDICTIONS
    return read_whole(path, lambda path: read_predictions(path.parent)) if path.is_file() else {}


def _data(folder: Path) -> dict[str, Any]:
    results = Results.read(folder)
    return (results and results.data) or {"name": "none"}
