"""The engine of Lightning: one job after another, each trained whole."""

import logging
import tempfile
import time
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.commits import Pace, check_commit
from src.engines.single.data_module import DataModule
from src.engines.single.learner import Learner
from src.engines.single.limits import limits_of, num_epochs
from src.engines.single.tell import OnEpoch
from src.engines.single.trainer import Processes, fit
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
from src.runs.facts import facts_of
from src.runs.job import Job, JobSource, Place
from src.runs.listener import Listener, RecordError
from src.runs.outcome import Failed, Trained


class SingleEngine:
    """Trains the jobs of one kind, `spec`, one by one, each on what `read` gives; `console` shows how far each has come.

    `on_commit` is called now and then, when what has ended may be committed.
    """

    def __init__(
        self,
        spec: Hashable,
        read: Callable[[Mapping[str, Any]], Dataset],
        *,
        console: Console,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec, self.read, self.console, self.on_commit = spec, read, console, on_commit

    def train(self, source: JobSource, listeners: Listener) -> None:
        """Until `source` has no more. A job that fails is told so, and the next begins."""
        pace = Pace()
        while (job := source.next(Place(self.spec, 1))) is not None:
            dataset = self.read(job.run.data)
            listeners.begin(job, facts_of(job.run, dataset))
            try:
                trained = self._train(job, dataset, source, listeners)
            except RecordError:
                raise
            except Exception as error:
                listeners.end(job, Failed(error))
            else:
                listeners.end(job, trained)
            if pace.is_due():
                started = time.perf_counter()
                self.on_commit()
                pace.took(time.perf_counter() - started)

    def _train(self, job: Job, dataset: Dataset, source: JobSource, listeners: Listener) -> Trained:
        def on_epoch(row: Mapping[str, float]) -> bool:
            listeners.epoch(job, row)
            return source.keep(job, row)

        check_commit(job.folder, "single")
        return fit_best(job.run, dataset, job.folder, console=self.console, on_epoch=on_epoch)


def fit_unrecorded(run: Run) -> Trained:
    """Train and leave nothing behind: for claims and benchmarks."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = Console(quiet=True)
        return fit_best(run, read_dataset(run.data), Path(folder), console=quiet, on_epoch=lambda row: True)


def assist(run: Run, folder: Path) -> None:
    """What processes beside the first do that a launcher has started: compute their part, and leave nothing behind."""
    logging.disable(logging.WARNING)  # the first process warns of the same
    quiet = Console(quiet=True)
    fit_best(run, read_dataset(run.data), folder, console=quiet, on_epoch=lambda row: True)


def fit_best(
    run: Run,
    dataset: Dataset,
    folder: Path,
    *,
    console: Console,
    on_epoch: OnEpoch,
    processes: Processes | None = None,
) -> Trained:
    """Train until a stop reason, from the last commit in `folder` if there is one; gives the weights of the best epoch.

    `processes`: as `fit` takes them.
    """
    data = build_data(run, dataset)
    learner = build_learner(run, data)
    judge = fit(run, learner, data, folder, console=console, on_epoch=on_epoch, processes=processes)
    return Trained(run, judge.best_weights_, dataset, data.standardize, judge.progress, num_params(learner.model))


def build_data(run: Run, dataset: Dataset) -> DataModule:
    """The data module of a run."""
    return DataModule(
        dataset,
        standardize=standardize_of(run),
        augment=build_augment(run, dataset),
        batch_size=run.batch_size,
        seed=run.seed,
        accumulate=run.trainer.accumulate_grad_batches,
        dtype=dtype_of(run),
        limits=limits_of(run.trainer),
        train_eval=run.train_eval,
    )


def build_learner(run: Run, data: DataModule) -> Learner:
    """The model of a run with its loss, optimizer and schedule."""
    # In its precision from the start: Lightning restores a commit's weights before it converts the model.
    model = build_run_model(run, data.dataset).to(dtype_of(run))
    if run.trainer.compile:
        check_compiler(device_of(run))
        model.compile()
    return Learner(
        model,
        task=data.dataset.task,
        loss=build_loss(run, data.dataset.task),
        optimizer=partial(build_optimizer, **run.optimizer.model_dump()),
        lr=run.optimizer.lr,
        factors=build_factors(run, num_epochs(run) * data.train_batches.steps_per_epoch),
    )
