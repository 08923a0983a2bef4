"""The figures of a run: val and, once, test, from the best weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd
import torch
from torch import Tensor

from src.config.schema import Run, parse_threshold
from src.data.dataset import Dataset, Split
from src.data.target_scale import TargetScale
from src.metrics import METRICS, Outputs
from src.prediction.predictor import Predictor
from src.statistics.figures import bounded_figures, figures
from src.statistics.thresholds import choose_threshold
from src.tasks import Task

PREDICTIONS = "predictions.parquet"  # in a run's folder


@dataclass(frozen=True)
class Predictions:
    """Logits (N, K), or (N,) for one output, and labels (N,) of one split; of a regression, both in units."""

    logits: Tensor
    labels: Tensor

    def figures(self, task: Task, threshold: float | None) -> dict[str, float]:
        """Every figure of the task, by flat name."""
        return figures(task, self.logits, self.labels, threshold)

    def bounded_figures(self, task: Task, threshold: float | None, groups: Sequence[int] = ()) -> dict[str, float]:
        """`figures`, with their 95 % bounds; rows of one of `groups` count together."""
        return bounded_figures(task, self.logits, self.labels, threshold, groups)

    @property
    def calibration_error(self) -> float:
        """Of two classes that of the probability of class 1, of more that of the likeliest."""
        task: Task = "binary" if self.logits.ndim == 1 else "multiclass"
        return float(METRICS["calibration_error"].of[task](Outputs(task, self.logits, self.labels)))

    def at(self, temperature: float | None) -> Self:
        """These with their logits divided by `temperature`; None: as they are."""
        return self if temperature is None else type(self)(self.logits / temperature, self.labels)

    def in_units(self, scale: TargetScale | None) -> Self:
        """What a model of scaled targets gives, and these, in units."""
        if scale is None:
            return self
        return type(self)(scale.in_units(self.logits), scale.in_units(self.labels))


def predicted(predictor: Predictor, dataset: Dataset, split: Split) -> Predictions:
    """What a trained model makes of a split of its data, in units, on the CPU."""
    labels = split.labels.cpu() if dataset.target_scale is None else dataset.target_scale.in_units(split.labels.cpu())
    return Predictions(predictor.logits(split.inputs), labels)


def operating_threshold(run: Run, task: str, val: Predictions) -> float | None:
    """The threshold of a binary task, chosen on val or given, as `run.threshold` says; None for other tasks."""
    if task != "binary":
        return None
    rule, target = parse_threshold(run.threshold)
    if rule == "number":
        return target
    return choose_threshold(rule, target, torch.sigmoid(val.logits), val.labels)


def predictions_frame(splits: dict[str, Predictions], dataset: Dataset) -> pd.DataFrame:
    """One row per example: `row` in its split, `split`, `label` and its logits (`logit`, or `logit_<class>`).

    Where the data have them also `name`, what the row is called in its source, `group`, the number of what was drawn with
    it in its split, and its group of a slice as `slice_<name>`.
    """
    frames = [_frame(name, predictions, getattr(dataset, name)) for name, predictions in splits.items()]
    return pd.concat(frames, ignore_index=True)


def _frame(name: str, predictions: Predictions, split: Split) -> pd.DataFrame:
    logits = predictions.logits
    outputs = {"logit": logits} if logits.ndim == 1 else {f"logit_{index}": one for index, one in enumerate(logits.T)}
    columns: dict[str, Any] = {
        "row": range(len(logits)),
        **({"name": list(split.names)} if len(split.names) else {}),
        **({"group": list(split.groups)} if len(split.groups) else {}),
        "split": name,
        "label": predictions.labels.numpy(),
        **{column: values.numpy() for column, values in outputs.items()},
        **{f"slice_{column}": list(groups) for column, groups in split.slices.items()},
    }
    return pd.DataFrame(columns)


def read_predictions(folder: Path) -> dict[str, Predictions]:
    """What a run left of its predictions, by split; none where it has none."""
    if not (folder / PREDICTIONS).is_file():
        return {}
    frame = pd.read_parquet(folder / PREDICTIONS)
    columns = [name for name in frame.columns if name.startswith("logit")]
    found = {}
    for split, rows in frame.groupby("split", sort=False):
        logits = torch.from_numpy(rows[columns].to_numpy(copy=True))
        labels = torch.from_numpy(rows["label"].to_numpy(copy=True))
        found[str(split)] = Predictions(logits.squeeze(-1) if len(columns) == 1 else logits, labels)
    return found


def read_groups(folder: Path, split: str) -> list[int]:
    """Of each row of `split` the number of what it was drawn with; none where the data have no groups."""
    frame = pd.read_parquet(folder / PREDICTIONS)
    return frame.loc[frame["split"] == split, "group"].astype(int).tolist() if "group" in frame.columns else []
