"""A model that has been trained, and what is concluded from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from src.config.schema import Run
from src.data.batches import EvalBatches
from src.data.dataset import Dataset, Split
from src.data.transforms import Standardize
from src.progress import Progress
from src.recording.evaluation import Predictions, figures, operating_threshold, predict
from src.recording.leavings import leave
from src.recording.results import results_of


@dataclass(frozen=True)
class Trained:
    """What came of a run, and the data it was trained on: `build` gives the model with the best weights, when it is wanted."""

    build: Callable[[], nn.Module]
    num_params: int
    dataset: Dataset
    standardize: Standardize
    dtype: torch.dtype
    progress: Progress
    val: Predictions | None = None  # where they are known already

    @cached_property
    def model(self) -> nn.Module:
        """The model with the best weights."""
        return self.build()

    def predict(self, split: Split) -> Predictions:
        """Logits and labels of `split`."""
        return predict(self.model, EvalBatches(split, self.standardize, self.dtype))

    def test_figures(self, run: Run) -> dict[str, float]:
        """Figures of the test split, at 0.5 and at the threshold chosen on val."""
        task = self.dataset.task
        threshold = operating_threshold(run, task, self.val or self.predict(self.dataset.val))
        return figures(task, self.predict(self.dataset.test), threshold)


def conclude(run: Run, folder: Path, trained: Trained) -> dict[str, Any]:
    """Evaluate val and, if the run may, test; with `tracking.save_model` leave model and figures; returns the results."""
    dataset, splits = trained.dataset, {}
    if trained.progress.best_epoch is not None:
        splits["val"] = trained.val or trained.predict(dataset.val)
        if run.test:
            splits["test"] = trained.predict(dataset.test)
    threshold = operating_threshold(run, dataset.task, splits["val"]) if splits else None
    results = results_of(run, folder, trained.progress, trained.num_params, dataset, splits, threshold)
    if run.tracking.save_model:
        leave(run, folder, results, trained.model, dataset, trained.standardize, splits)
    return results
