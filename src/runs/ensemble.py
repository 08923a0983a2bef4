"""Several runs as one model: the mean of what they predict of the splits that all of them know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from rich import box
from rich.table import Table

from src.config.schema import Run
from src.disk import read_whole
from src.models.outputs import mean_outputs
from src.runs.evaluation import PREDICTIONS, Predictions, operating_threshold, read_groups, read_predictions
from src.runs.folder import label
from src.runs.identity import read_run
from src.runs.results import Results
from src.runs.summary import SHOWN, add_figures, told_threshold
from src.statistics.rounding import rounded
from src.tasks import Task

SPLITS = ("val", "test")


@dataclass(frozen=True)
class Ensemble:
    """The mean of runs by `names`: what it predicts of each of `splits`, and the threshold that `run` says."""

    run: Run  # the first
    names: Sequence[str]
    task: Task
    splits: Mapping[str, Predictions]
    threshold: float | None
    groups: Sequence[int] = ()  # of test's rows, those that count together

    @classmethod
    def of(
        cls,
        run: Run,
        names: Sequence[str],
        task: Task,
        of_each: Sequence[Mapping[str, Predictions]],
        groups: Sequence[int] = (),
    ) -> Self:
        """Of runs with these predictions by split. The threshold is chosen as `run` says.

        Raises ValueError for other rows than the first has.
        """
        common = [split for split in SPLITS if all(split in found for found in of_each)]
        splits = {split: _mean(split, [found[split] for found in of_each], task) for split in common}
        return cls(run, names, task, splits, operating_threshold(run, task, splits["val"]), groups)

    def figures(self, split: str) -> dict[str, float]:
        """Those of `split`, of test with their 95 % bounds."""
        found = self.splits[split]
        if split == "test":
            return found.bounded_figures(self.task, self.threshold, self.groups)
        return found.figures(self.task, self.threshold)


def recorded_ensemble(folders: Sequence[Path]) -> Ensemble:
    """Of the runs in `folders`, as they have recorded it. The threshold is chosen as the first's settings say.

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
    names, groups = list(map(label, folders)), read_groups(folders[0], "test")
    return Ensemble.of(read_run(folders[0]), names, known["task"], of_each, groups)


def ensemble_table(ensemble: Ensemble) -> Table:
    """Its figures, those of test with their 95 % intervals."""
    table = Table(title=f"Mean of {len(ensemble.names)} runs", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("runs", " ".join(ensemble.names))
    if ensemble.threshold is not None:
        num_val = len(ensemble.splits["val"].labels)
        table.add_row("threshold", told_threshold(ensemble.threshold, ensemble.run, num_val))
    for split in ensemble.splits:
        table.add_section()
        add_figures(table, f"{split} ", ensemble.figures(split), ensemble.task)
    return table


def told_beside(
    ensemble: Ensemble,
    together: Mapping[str, dict[str, float]],
    members: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Table:
    """Its figures by split, beside the mean and standard deviation of those of its `members`."""
    table = Table(title=f"{len(ensemble.names)} seeds, and the mean of what they predict", title_justify="left")
    table.box = box.SIMPLE_HEAD
    for name in ("", "each, mean ± sd", "together", "95 %"):
        table.add_column(name)
    for split, figures in together.items():
        for name in SHOWN[ensemble.task]:
            if name in figures:
                each = members[split][name]
                spread = f"{rounded(each['mean'])} ± {rounded(each['sd'])}"
                bounds = [f"{figures[f'{name}_{end}']:.3f}" for end in ("low", "high") if f"{name}_{end}" in figures]
                interval = f"[{', '.join(bounds)}]" if bounds else ""
                table.add_row(f"{split} {name.replace('_', ' ')}", spread, rounded(figures[name]), interval)
    return table


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
