"""A job in training: its weights, how far it has come, and its next epoch."""

import time
from typing import Any

import torch
from torch import Tensor

from src.engines.native.data import Floats, Prepared, Rows, empty_outputs
from src.engines.native.epoch import Recipe, Trainable, evaluate, train_epoch
from src.engines.native.layout import Layout
from src.losses import Loss
from src.metrics import evaluate as figures_of
from src.models.outputs import squeezed
from src.runs.evaluation import Predictions
from src.runs.job import Job
from src.runs.outcome import Trained
from src.runs.progress import Progress


class Member:
    """Trains by `recipe` from `trainable`, in place, on `data`; `lrs` (epochs, steps) float64, `loss`: one value per example."""

    def __init__(
        self,
        job: Job,
        data: Prepared,
        *,
        layout: Layout,
        recipe: Recipe,
        trainable: Trainable,
        lrs: Tensor,
        progress: Progress,
        loss: Loss,
    ) -> None:
        self.job, self.data, self.layout, self.recipe, self.loss = job, data, layout, recipe, loss
        self.trainable, self.lrs, self.progress = trainable, lrs.numpy(), progress
        self.best = trainable.weights.copy()
        self.outputs = empty_outputs(data.val, data.dataset.num_outputs)  # of val, by the best weights

    def epoch(self) -> dict[str, float]:
        """Train for one epoch, evaluate, keep the weights if they are the best so far; gives the new row."""
        started, number = time.perf_counter(), len(self.progress.history)
        train, lrs = self.data.train, self.lrs[number]
        mean = train_epoch(self.recipe, self.trainable, train.inputs, train.targets, number, lrs)
        figures = {"train/loss": float(mean)}
        if self.job.run.train_eval:
            figures["train/loss_eval"] = self._loss(train, self._evaluated(train))
        outputs = self._evaluated(self.data.val)
        figures |= {"val/loss": self._loss(self.data.val, outputs), **self._figures(outputs)}
        row = {"epoch": number + 1, **figures, "lr": float(lrs[-1])}
        row["epoch_seconds"] = time.perf_counter() - started
        if self.progress.add(row):
            self.best[:], self.outputs = self.trainable.weights, outputs
        return row

    def trained(self) -> Trained:
        """What came of it."""
        dataset, weights = self.data.dataset, torch.from_numpy(self.best)
        val = Predictions(self._squeezed(self.outputs), self.data.val.labels).in_units(dataset.target_scale)
        return Trained(
            self.job.run,
            self.layout.named(weights),
            dataset,
            self.data.standardize,
            self.progress,
            self.layout.size,
            val,
        )

    def state(self) -> dict[str, Any]:
        """All that it needs to go on: plain values and tensors."""
        return {
            "progress": self.progress.state(),
            **{name: torch.from_numpy(array) for name, array in self._arrays().items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.progress.restore(state["progress"])
        for name, array in self._arrays().items():
            array[...] = state[name].numpy()

    def _arrays(self) -> dict[str, Floats]:
        return {**self.trainable._asdict(), "best": self.best, "outputs": self.outputs}

    def _evaluated(self, rows: Rows) -> Floats:
        outputs = empty_outputs(rows, self.data.dataset.num_outputs)
        evaluate(self.recipe.network, self.trainable.weights, rows.inputs, outputs)
        return outputs

    def _loss(self, rows: Rows, outputs: Floats) -> float:
        return float(self.loss(self._squeezed(outputs), rows.labels).mean())

    def _figures(self, outputs: Floats) -> dict[str, float]:
        """Of val, in units."""
        task, scale = self.data.dataset.task, self.data.dataset.target_scale
        logits, labels = self._squeezed(outputs), self.data.val.labels
        if scale is not None:
            logits, labels = scale.in_units(logits), scale.in_units(labels.to(logits.dtype))
        return {f"val/{name}": float(value) for name, value in figures_of(task, logits, labels).items()}

    def _squeezed(self, outputs: Floats) -> Tensor:
        return squeezed(torch.from_numpy(outputs), self.data.dataset.task)
