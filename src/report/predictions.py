"""The best run's predictions: what its curves and its figures with their bounds are made of."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from src.randomness import Purpose, key
from src.report.page_data import PREDICTIONS, PageData, value_of
from src.runs.results import UNCALIBRATED
from src.statistics.bootstrap import Report, report_bounds
from src.statistics.figures import bounded_figures
from src.tracking.reading import Recorded

Curve = Callable[[Tensor, Tensor], Tensor]  # scores (..., N), labels (..., N) -> (..., points)
RESULTS = "results.json"
RESAMPLES = 400  # of a curve
MANY = 20_000  # examples, of which a bootstrap takes too long


@dataclass(frozen=True)
class Predictions:
    """Logits (N,) or (N, K) and labels (N,) of one split; `threshold`: at which a binary task is decided.

    `temperature`: what logits were divided by, and `uncalibrated` the calibration error before; None: none was fitted.
    """

    split: str
    task: str
    classes: tuple[str, ...]
    logits: Tensor
    labels: Tensor
    threshold: float | None
    seed: int
    groups: tuple[int, ...] = ()  # of each row the number of its patient; empty: each row by itself
    temperature: float | None = None
    uncalibrated: float | None = None

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Of class 1 (N,), or of each class (N, K)."""
        logits = self.logits.double()
        return (torch.sigmoid(logits) if self.task == "binary" else logits.softmax(-1)).numpy()

    @property
    def decided(self) -> tuple[Tensor, Tensor, float]:
        """What metrics at the threshold take."""
        assert self.threshold is not None
        return torch.from_numpy(self.probabilities), self.labels, self.threshold

    @property
    def right(self) -> Tensor:
        """Whether each example of a classification is decided right (N,)."""
        if self.task == "binary":
            return torch.from_numpy(self.probabilities >= self.threshold) == (self.labels == 1)
        return self.logits.argmax(-1) == self.labels

    @property
    def precision(self) -> float:
        """The share of positives among those that a binary task's threshold calls so; 1 if there are none."""
        called = self.labels.numpy()[self.probabilities >= self.threshold]
        return float((called == 1).mean()) if len(called) else 1.0

    @property
    def one_by_one(self) -> list[tuple[np.ndarray, Tensor]]:
        """Of each class its probabilities and whether an example is of it (0 or 1)."""
        return [(self.probabilities[:, k], (self.labels == k).long()) for k in range(len(self.classes))]

    @property
    def has_all_classes(self) -> bool:
        """Whether each class occurs."""
        return len(set(self.labels.tolist())) == len(self.classes)

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Every figure of the task: `value`, and `low` and `high` of its 95 % interval, by name."""

        known = bounded_figures(self.task, self.logits, self.labels, self.threshold, self.groups)
        names = [name for name in known if not name.endswith(("_low", "_high"))]
        rows = {
            name: {"value": known[name], "low": known.get(f"{name}_low"), "high": known.get(f"{name}_high")}
            for name in names
        }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float)

    def bounds(self, report: Report, resamples: int = RESAMPLES) -> dict[str, float]:
        """Bootstrap bounds of what `report` gives; none of very many examples."""
        if len(self.labels) > MANY:
            return {}
        state = key(self.seed, Purpose.BOOTSTRAP)
        stratify = self.task != "regression"
        return report_bounds(report, self.logits, self.labels, state, stratify=stratify, resamples=resamples)


def predictions_of(material: PageData) -> Predictions | None:
    """Those of the best run; None if there are none."""
    return None if material.best is None else predictions_of_run(material, material.best, material.files)


def predictions_of_run(material: PageData, run: Recorded, files: frozenset[str]) -> Predictions | None:
    """Those of a run on the test split, else on val; None if it has none among its `files`."""
    if PREDICTIONS not in files:
        return None
    table = pd.read_parquet(io.BytesIO(material.reader.file(run, PREDICTIONS)))
    split = "test" if "test" in set(table["split"]) else "val"
    table = table[table["split"] == split]
    results = json.loads(material.reader.file(run, RESULTS)) if RESULTS in files else {}
    data = results.get("data") or {}
    columns = [name for name in table.columns if name.startswith("logit")]
    logits = torch.tensor(table[columns].to_numpy(dtype=np.float64))
    task = data.get("task") or _task(len(columns), table["label"])
    labels = torch.tensor(table["label"].to_numpy())
    return Predictions(
        split,
        task,
        tuple(data.get("classes") or map(str, range(max(2, len(columns))))),
        logits.squeeze(1) if len(columns) == 1 else logits,
        labels if task == "regression" else labels.long(),
        run.metrics.get("threshold", 0.5) if task == "binary" else None,
        int(value_of(run.params.get("seed", "0"))),
        tuple(table["group"]) if "group" in table else (),
        run.metrics.get("temperature"),
        run.metrics.get(f"{'test' if split == 'test' else 'best_val'}/{UNCALIBRATED}"),
    )


def _task(outputs: int, labels: "pd.Series[float]") -> str:
    if outputs > 1:
        return "multiclass"
    return "binary" if set(labels) <= {0, 1} else "regression"
