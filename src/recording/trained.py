"""A model that has been trained, and what is concluded from it."""

from dataclasses import dataclass
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
    """A model with the best weights of its run, and the data it was trained on."""

    model: nn.Module
    dataset: Dataset
    standardize: Standardize
    dtype: torch.dtype
    progress: Progress

    def predict(self, split: Split) -> Predictions:
        """Logits and labels of `split`."""
        return predict(self.model, EvalBatches(split, self.standardize, self.dtype))

    def test_figures(self, run: Run) -> dict[str, float]:
        """Figures of the test split, at 0.5 and at the threshold chosen on val."""
        task = self.dataset.task
        threshold = operating_threshold(run, task, self.predict(self.dataset.val))
        return figures(task, self.predict(self.dataset.test), threshold)


def conclude(run: Run, folder: Path, trained: Trained) -> dict[str, Any]:
    """Evaluate val and, if the run may, test; leave predictions, figures and model in `folder`; returns the results."""
    dataset, splits = trained.dataset, {}
    if trained.progress.best_epoch is not None:
        names = ("val", "test") if run.test else ("val",)
        splits = {name: trained.predict(getattr(dataset, name)) for name in names}
    threshold = operating_threshold(run, dataset.task, splits["val"]) if splits else None
    results = results_of(run, folder, trained.progress, trained.model, dataset, splits, threshold)
    leave(run, folder, results, trained.model, dataset, trained.standardize, splits)
    return results
