"""What others would train the same model with: idiomatic Lightning, and the loop that one writes by hand."""

import itertools
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from src.data.dataset import Dataset
from src.data.transforms import Standardize

CPU = torch.device("cpu")


class Task(NamedTuple):
    """Standardised flat floats with labels, and the size of model and batch."""

    train: tuple[Tensor, Tensor]
    val: tuple[Tensor, Tensor]
    widths: Sequence[int]
    batch: int

    def network(self) -> nn.Sequential:
        """The MLP as anybody would write it, dropout 0.2."""
        layers: list[nn.Module] = []
        fan_in = self.train[0].shape[1]
        for width in self.widths:
            layers += [nn.Linear(fan_in, width), nn.ReLU(), nn.Dropout(0.2)]
            fan_in = width
        return nn.Sequential(*layers, nn.Linear(fan_in, 1))


def prepared(dataset: Dataset, standardize: str, widths: Sequence[int], batch: int) -> Task:
    """The task of a binary dataset."""
    scale = Standardize.fit(dataset.train.inputs, standardize)
    train, val = ((scale(split.inputs).flatten(1), split.labels.float()) for split in (dataset.train, dataset.val))
    return Task(train, val, widths, batch)


class Idiomatic(pl.LightningModule):
    """The model as Lightning's tutorials write it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
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


def idiomatic(task: Task, epochs: int, accelerator: str = "cpu") -> list[float]:
    """Seconds of each epoch with TensorDataset, DataLoader, self.log; no logger, no checkpoint, no progress bar."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    loaders = [
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*task.train), batch_size=task.batch, shuffle=True),
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*task.val), batch_size=task.batch),
    ]
    module = Idiomatic(task.network())
    trainer = pl.Trainer(
        max_epochs=epochs + 1,
        accelerator=accelerator,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, *loaders)
    return list(np.diff(module.marks))


def plain(task: Task, epochs: int) -> list[float]:
    """Seconds of each epoch of a loop by hand: rows cut by index, fused Adam."""
    model, marks = task.network(), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    inputs, labels = task.train
    for _ in range(epochs + 1):
        model.train()
        for rows in torch.randperm(len(inputs)).split(task.batch):
            loss = nn.functional.binary_cross_entropy_with_logits(model(inputs[rows]).squeeze(-1), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            nn.functional.binary_cross_entropy_with_logits(model(task.val[0]).squeeze(-1), task.val[1])
        marks.append(time.perf_counter())
    return list(np.diff(marks))


def products(task: Task, epochs: int, members: int = 1, device: torch.device = CPU) -> list[float]:
    """Seconds of each epoch of its matrix products alone: outputs, gradients of weights, and of inputs but the first."""
    sizes = [task.train[0].shape[1], *task.widths, 1]
    layers = [
        (
            torch.randn(members, task.batch, fan_in, device=device),
            torch.randn(members, fan_in, fan_out, device=device),
            torch.randn(members, task.batch, fan_out, device=device),
        )
        for fan_in, fan_out in itertools.pairwise(sizes)
    ]
    seconds = []
    for _ in range(epochs):
        started = time.perf_counter()
        for _ in range(-(-len(task.train[0]) // task.batch)):
            for index, (inputs, weight, gradient) in enumerate(layers):
                inputs @ weight
                inputs.mT @ gradient
                if index:
                    gradient @ weight.mT
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - started)
    return seconds
