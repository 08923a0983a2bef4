"""A model that has been trained, and what is concluded from it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from src.artifacts import leave
from src.config.schema import Run
from src.data.batches import EvalBatches
from src.data.dataset import Dataset, Split
from src.data.transforms import Standardize
from src.runs.build import build_run_model, dtype_of
from src.runs.evaluation import Predictions, figures, operating_threshold, predict
from src.runs.progress import Progress
from src.runs.results import results_of

WEIGHTS = "weights.pt"  # of a run that keeps no model of its own: a sweep makes one of its best


@dataclass(frozen=True)
class Trained:
    """What came of a run: the weights of its best epoch, and the data it was trained on."""

    run: Run
    weights: dict[str, Tensor]  # by the names of the model's state_dict; what is not named is as the model is built
    dataset: Dataset
    standardize: Standardize
    progress: Progress
    num_params: int
    val: Predictions | None = None  # where they are known already

    @cached_property
    def model(self) -> nn.Module:
        """The model with the best weights."""
        return rebuilt(self.run, self.weights, self.dataset)

    def predict(self, split: Split) -> Predictions:
        """Logits and labels of `split`."""
        return predict(self.model, EvalBatches(split, self.standardize, dtype_of(self.run)))

    def test_figures(self) -> dict[str, float]:
        """Figures of the test split, at 0.5 and at the threshold chosen on val."""
        task = self.dataset.task
        threshold = operating_threshold(self.run, task, self.val or self.predict(self.dataset.val))
        return figures(task, self.predict(self.dataset.test), threshold)


def evaluate_run(folder: Path, trained: Trained) -> dict[str, Any]:
    """Evaluate val and, if the run may, test; leave model and figures, or the weights alone; returns the results."""
    run, dataset, splits = trained.run, trained.dataset, {}
    if trained.progress.best_epoch is not None:
        splits["val"] = trained.val or trained.predict(dataset.val)
        if run.test:
            splits["test"] = trained.predict(dataset.test)
    threshold = operating_threshold(run, dataset.task, splits["val"]) if splits else None
    results = results_of(run, folder, trained.progress, trained.num_params, dataset, splits, threshold)
    if run.tracking.save_model:
        leave(run, folder, results, trained.model, dataset, trained.standardize, splits)
    elif splits:
        torch.save(trained.weights, folder / WEIGHTS)
    return results


def rebuilt(run: Run, weights: dict[str, Tensor], dataset: Dataset) -> nn.Module:
    """The model of `run` with other weights than it begins with."""
    model = build_run_model(run, dataset).to(dtype_of(run))
    model.load_state_dict({**model.state_dict(), **weights})
    return model
