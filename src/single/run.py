"""One run, whole: read, train, restore the best weights, evaluate, record."""

import math
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from src.config import Run, check_against_data, loss_name
from src.data.augmentation import Augment
from src.data.dataset import Dataset, Split
from src.data.module import DataModule
from src.data.reading import read_dataset
from src.losses import per_example
from src.models.build import build_model
from src.optimizers import build_optimizer
from src.schedules import Shape, factor
from src.single.evaluation import Predictions, figures, operating_threshold, predict
from src.single.learner import Learner
from src.single.leavings import leave
from src.single.record import Record, announce_orphans
from src.single.results import results_of
from src.single.summary import summary
from src.single.trainer import fit

DTYPES = {"64-true": torch.float64}


def train(run: Run, folder: Path) -> dict[str, Any]:
    """Train the one model that `run` describes and leave in `folder` all that it is known by; returns `results.json`."""
    console = Console()
    announce_orphans(console, but=folder)
    with Record(run, folder) as record:
        dataset = read_dataset(run.data)
        check_against_data(run, dataset.task, is_image=dataset.is_image)
        data = build_data(run, dataset)
        learner = build_learner(run, data)
        record.start(dataset)
        commit = fit(run, learner, data, folder, console=console, on_commit=record.commit)
        splits = {}
        if commit.best_epoch_ is not None:
            learner.model.load_state_dict(commit.best_weights_)
            names = ("val", "test") if run.test else ("val",)
            splits = {name: predict(learner.model, data.evaluation(getattr(dataset, name))) for name in names}
        threshold = operating_threshold(run, dataset.task, splits["val"]) if splits else None
        results = results_of(run, folder, commit, learner, dataset, splits, threshold)
        leave(run, folder, results, learner, data, splits)
        record.finish(results)
    console.print(summary(results, dataset.task, folder))
    return results


def assist(run: Run, folder: Path) -> None:
    """What the other processes of a run on several devices do: compute their part of each batch and leave nothing behind."""
    data = build_data(run, read_dataset(run.data))
    fit(run, build_learner(run, data), data, folder, console=Console(quiet=True), on_commit=lambda: None)


@dataclass(frozen=True)
class Fitted:
    """The best weights of a run, with the data they were trained on."""

    learner: Learner
    data: DataModule

    def predict(self, split: Split) -> Predictions:
        """Logits and labels of `split`."""
        return predict(self.learner.model, self.data.evaluation(split))


def fit_unrecorded(run: Run) -> Fitted:
    """Train as `train` does, leaving nothing behind: for studies and benchmarks."""
    data = build_data(run, read_dataset(run.data))
    learner = build_learner(run, data)
    with tempfile.TemporaryDirectory() as folder:
        commit = fit(run, learner, data, Path(folder), console=Console(quiet=True), on_commit=lambda: None)
    learner.model.load_state_dict(commit.best_weights_)
    return Fitted(learner, data)


def tested_unrecorded(run: Run) -> dict[str, float]:
    """Test figures of the best weights of a run, at 0.5 and at the threshold chosen on val; leaves nothing behind."""
    fitted = fit_unrecorded(run)
    dataset = fitted.data.dataset
    threshold = operating_threshold(run, dataset.task, fitted.predict(dataset.val))
    return figures(dataset.task, fitted.predict(dataset.test), threshold)


def build_data(run: Run, dataset: Dataset) -> DataModule:
    """The data module of a run."""
    return DataModule(
        dataset,
        standardize=run.data.get("standardize", "features"),
        augment=Augment(**run.augment.model_dump()) if run.augment.is_on else None,
        batch_size=run.batch_size,
        seed=run.seed,
        accumulate=run.trainer.accumulate_grad_batches,
        dtype=DTYPES.get(run.trainer.precision, torch.float32),
        train_eval=run.train_eval,
    )


def build_learner(run: Run, data: DataModule) -> Learner:
    """The model of a run with its loss, optimizer and schedule."""
    dataset = data.dataset
    arguments = {name: value for name, value in run.model.items() if name != "_target_"}
    model = build_model(
        run.model["_target_"],
        arguments,
        num_features=math.prod(dataset.input_shape),
        num_outputs=dataset.num_outputs,
        input_shape=dataset.input_shape,
        seed=run.seed,
    )
    loss = per_example(
        loss_name(run, dataset.task), dataset.task, pos_weight=run.pos_weight, label_smoothing=run.label_smoothing
    )
    return Learner(
        model,
        task=dataset.task,
        loss=loss,
        optimizer=partial(build_optimizer, **run.optimizer.model_dump()),
        lr=run.optimizer.lr,
        factors=build_factors(run, run.epochs * data.train_batches.steps_per_epoch),
    )


def build_factors(run: Run, total_steps: int) -> list[float] | None:
    """The schedule of a run as one factor per step; None where the rate never changes.

    Raises ValueError if the warm-up is longer than the run.
    """
    settings = run.schedule.model_dump(exclude={"name"})
    if (given := run.schedule.warmup_steps) >= total_steps:
        raise ValueError(f"schedule.warmup_steps: must be less than the run's {total_steps} steps, but got {given}.")
    if run.schedule.name == "constant" and run.schedule.warmup_steps == 0:
        return None
    return factor(run.schedule.name, torch.arange(total_steps), Shape(total_steps, **settings)).tolist()
