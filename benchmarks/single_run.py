"""Seconds per epoch of one run, beside the same model in idiomatic Lightning, a plain loop and scikit-learn.

Command: python -m benchmarks.single_run data.path=FILE
One process, 784-128-128-1, batch 64, Adam, dropout 0.2 (scikit-learn has none), PneumoniaMNIST. Every contestant trains a
few epochs in turn, round after round; the figure is the median over all epochs, so that a noisy neighbour hits all alike.
"""

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from benchmarks.peers import Task, idiomatic, plain, prepared, products
from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.single.engine import build_data, build_learner
from src.engines.single.trainer import fit

ROUNDS, EPOCHS, BATCH, WIDTH = 5, 10, 64, 128


def main() -> None:
    """Print the table: median seconds per epoch and the ratio to idiomatic Lightning."""
    keys = [f"model.widths=[{WIDTH},{WIDTH}]", "model.dropout=0.2", f"epochs={EPOCHS + 1}", "patience=null"]
    run = compose_run("data=pneumoniamnist", *keys, "tracking.enabled=false", *sys.argv[1:])
    dataset = read_dataset(run.data)
    task = prepared(dataset, "images", (WIDTH, WIDTH), BATCH)
    contestants: dict[str, Callable[[], list[float]]] = {
        "ours": lambda: ours(run, dataset),
        "idiomatic Lightning": lambda: idiomatic(task, EPOCHS),
        "plain loop, fused Adam": lambda: plain(task, EPOCHS),
        "scikit-learn MLPClassifier": lambda: scikit_learn(task),
        "matrix products alone": lambda: products(task, EPOCHS),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            seconds[name] += contestant()
    reference = statistics.median(seconds["idiomatic Lightning"])
    print(f"{len(task.train[0])} rows, {torch.get_num_threads()} threads, {ROUNDS} rounds of {EPOCHS} epochs")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:<28} {median:.3f} s per epoch   {median / reference:.2f} of Lightning")


def ours(run: Run, dataset: Dataset) -> list[float]:
    """A run as `python -m src.train` trains it, commits to disk included."""
    data = build_data(run, dataset)
    marks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        fit(
            run,
            build_learner(run, data),
            data,
            Path(folder),
            console=Console(quiet=True),
            on_epoch=lambda row: marks.append(time.perf_counter()) or True,
        )
    return list(np.diff(marks))


def scikit_learn(task: Task) -> list[float]:
    """MLPClassifier at the same sizes, without dropout and without val."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((WIDTH, WIDTH), batch_size=BATCH, max_iter=1, warm_start=True)
    inputs, labels, marks = task.train[0].numpy(), task.train[1].numpy(), []
    for _ in range(EPOCHS + 1):
        with warnings.catch_warnings(action="ignore"):
            model.fit(inputs, labels)
        marks.append(time.perf_counter())
    return list(np.diff(marks))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
