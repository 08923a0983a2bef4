"""One run, whole: read, train, restore the best weights, evaluate, record."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from src.config import Run, check_against_data
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.single.data_module import DataModule
from src.engines.single.learner import Learner
from src.engines.single.trainer import fit
from src.models.build import num_params
from src.optimizers import build_optimizer
from src.runs.build import (
    build_augment,
    build_factors,
    build_loss,
    build_run_model,
    check_compiler,
    device_of,
    dtype_of,
    standardize_of,
)
from src.runs.outcome import Trained, evaluate_run
from src.runs.progress import Progress
from src.runs.record import Record, announce_orphans
from src.runs.summary import summary


def train(run: Run, folder: Path) -> dict[str, Any]:
    """Train the one model that `run` describes and leave in `folder` all that it is known by; returns `results.json`."""
    console = Console()
    announce_orphans(console, but=folder)
    with Record(run, folder) as record:
        dataset = read_dataset(run.data)
        check_against_data(run, dataset.task, is_image=dataset.is_image)
        record.start(dataset)
        trained = fit_best(run, dataset, folder, console=console, on_commit=lambda progress: record.commit())
        results = evaluate_run(folder, trained)
        record.finish(results)
    console.print(summary(results, dataset.task, folder))
    return results


def assist(run: Run, folder: Path) -> None:
    """What the other processes of a run on several devices do: compute their part of each batch and leave nothing behind."""
    fit_best(run, read_dataset(run.data), folder, console=Console(quiet=True), on_commit=lambda progress: None)


def fit_unrecorded(run: Run) -> Trained:
    """Train as `train` does, leaving nothing behind: for studies and benchmarks."""
    with tempfile.TemporaryDirectory() as folder:
        return fit_best(
            run, read_dataset(run.data), Path(folder), console=Console(quiet=True), on_commit=lambda progress: None
        )


def fit_best(
    run: Run, dataset: Dataset, folder: Path, *, console: Console, on_commit: Callable[[Progress], None]
) -> Trained:
    """Train until a stop reason, from the last commit in `folder` if there is one; gives the weights of the best epoch."""
    data = build_data(run, dataset)
    learner = build_learner(run, data)
    commit = fit(run, learner, data, folder, console=console, on_commit=on_commit)
    weights = commit.best_weights_
    return Trained(run, weights, dataset, data.standardize, commit.progress, num_params(learner.model))


def build_data(run: Run, dataset: Dataset) -> DataModule:
    """The data module of a run."""
    return DataModule(
        dataset,
        standardize=standardize_of(run),
        augment=build_augment(run),
        batch_size=run.batch_size,
        seed=run.seed,
        accumulate=run.trainer.accumulate_grad_batches,
        dtype=dtype_of(run),
        train_eval=run.train_eval,
    )


def build_learner(run: Run, data: DataModule) -> Learner:
    """The model of a run with its loss, optimizer and schedule."""
    model = build_run_model(run, data.dataset)
    if run.trainer.compile:
        check_compiler(device_of(run))
        model.compile()
    return Learner(
        model,
        task=data.dataset.task,
        loss=build_loss(run, data.dataset.task),
        optimizer=partial(build_optimizer, **run.optimizer.model_dump()),
        lr=run.optimizer.lr,
        factors=build_factors(run, run.epochs * data.train_batches.steps_per_epoch),
    )
