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
import pytorch_lightning as pl
import torch
from rich.console import Console
from torch import Tensor, nn

from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.single.run import build_data, build_learner
from src.single.trainer import fit

ROUNDS, EPOCHS, BATCH, WIDTH = 5, 10, 64, 128


def main() -> None:
    """Print the table: median seconds per epoch and the ratio to idiomatic Lightning."""
    keys = [f"model.widths=[{WIDTH},{WIDTH}]", "model.dropout=0.2", f"epochs={EPOCHS + 1}", "patience=null"]
    run = compose_run("data=pneumoniamnist", *keys, "tracking.enabled=false", *sys.argv[1:])
    dataset = read_dataset(run.data)
    train, val = prepared(dataset)
    contestants: dict[str, Callable[[], list[float]]] = {
        "ours": lambda: ours(run, dataset),
        "idiomatic Lightning": lambda: idiomatic(train, val),
        "plain loop, fused Adam": lambda: plain(train, val),
        "scikit-learn MLPClassifier": lambda: scikit_learn(train),
        "matrix products alone": lambda: products(len(train[0])),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            seconds[name] += contestant()
    reference = statistics.median(seconds["idiomatic Lightning"])
    print(f"{len(train[0])} rows, {torch.get_num_threads()} threads, {ROUNDS} rounds of {EPOCHS} epochs")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:<28} {median:.3f} s per epoch   {median / reference:.2f} of Lightning")


def prepared(dataset: Dataset) -> list[tuple[Tensor, Tensor]]:
    """Train and val as standardised floats, flat."""
    scale = Standardize.fit(dataset.train.inputs, "images")
    return [(scale(split.inputs).flatten(1), split.labels.float()) for split in (dataset.train, dataset.val)]


def ours(run: Run, dataset: Dataset) -> list[float]:
    """A run as `python -m src.train` trains it, commits to disk included."""
    data = build_data(run, dataset)
    marks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        Console(file=open("/dev/null", "w"))  # noqa: SIM115
        fit(
            run,
            build_learner(run, data),
            data,
            Path(folder),
            console=Console(quiet=True),
            on_commit=lambda: marks.append(time.perf_counter()),
        )
    return list(np.diff(marks))


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(784, WIDTH),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(WIDTH, WIDTH),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(WIDTH, 1),
    )


class Idiomatic(pl.LightningModule):
    """The model as Lightning's tutorials write it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = network()
        self.marks: list[float] = []

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss = nn.functional.binary_cross_entropy_with_logits(self.model(batch[0]).squeeze(-1), batch[1])
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: list[Tensor], batch_idx: int) -> None:
        logits = self.model(batch[0]).squeeze(-1)
        self.log("val/loss", nn.functional.binary_cross_entropy_with_logits(logits, batch[1]))
        self.log("val/accuracy", ((logits > 0) == batch[1].bool()).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)

    def on_train_epoch_end(self) -> None:
        self.marks.append(time.perf_counter())


def idiomatic(train: tuple[Tensor, Tensor], val: tuple[Tensor, Tensor]) -> list[float]:
    """TensorDataset, DataLoader, self.log; no logger, no checkpoint, no progress bar."""
    loaders = [
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*train), batch_size=BATCH, shuffle=True),
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*val), batch_size=BATCH),
    ]
    module = Idiomatic()
    trainer = pl.Trainer(
        max_epochs=EPOCHS + 1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, *loaders)
    return list(np.diff(module.marks))


def plain(train: tuple[Tensor, Tensor], val: tuple[Tensor, Tensor]) -> list[float]:
    """The loop that one would write by hand: rows cut by index, fused Adam."""
    model, marks = network(), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for _ in range(EPOCHS + 1):
        model.train()
        for rows in torch.randperm(len(train[0])).split(BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(model(train[0][rows]).squeeze(-1), train[1][rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            nn.functional.binary_cross_entropy_with_logits(model(val[0]).squeeze(-1), val[1])
        marks.append(time.perf_counter())
    return list(np.diff(marks))


def scikit_learn(train: tuple[Tensor, Tensor]) -> list[float]:
    """MLPClassifier at the same sizes, without dropout and without val."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((WIDTH, WIDTH), batch_size=BATCH, max_iter=1, warm_start=True)
    inputs, labels, marks = train[0].numpy(), train[1].numpy(), []
    for _ in range(EPOCHS + 1):
        with warnings.catch_warnings(action="ignore"):
            model.fit(inputs, labels)
        marks.append(time.perf_counter())
    return list(np.diff(marks))


def products(num_rows: int) -> list[float]:
    """Only the matrix products of an epoch: output, gradient of the weights, gradient of the inputs (not of the first)."""
    sizes = [(784, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)]
    layers = [
        (torch.randn(BATCH, fan_in), torch.randn(fan_in, fan_out), torch.randn(BATCH, fan_out))
        for fan_in, fan_out in sizes
    ]
    seconds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        for _ in range(-(-num_rows // BATCH)):
            for index, (inputs, weight, gradient) in enumerate(layers):
                inputs @ weight
                inputs.T @ gradient
                if index:
                    gradient @ weight.T
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
