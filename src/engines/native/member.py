"""A job in training: its weights, how far it has come, and its next epoch."""

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from src.engines.native.data import Prepared, Rows
from src.engines.native.epoch import Recipe, Trainable
from src.engines.native.epoch import train as steps_of
from src.engines.native.evaluation import evaluate, figures
from src.engines.native.examples import Epochs
from src.engines.native.layout import Layout
from src.engines.native.units import Floats
from src.models.outputs import squeezed
from src.models.probe import Probe
from src.runs.evaluation import Predictions
from src.runs.job import Job
from src.runs.outcome import Trained
from src.runs.progress import Progress


class Member:
    """Trains by `recipe` from `trainable`, in place, on `epochs` of `data`; `lrs` (epochs, steps) float64.

    With a `probe` its rows have what goes on in its layers. `halt` (1,), made true by another thread, breaks its epoch off;
    what it is after that means nothing.
    """

    def __init__(
        self,
        job: Job,
        data: Prepared,
        epochs: Epochs,
        *,
        layout: Layout,
        recipe: Recipe,
        trainable: Trainable,
        lrs: Tensor,
        progress: Progress,
        halt: NDArray[np.bool_],
        probe: Probe | None,
    ) -> None:
        self.job, self.data, self.epochs, self.layout, self.recipe = job, data, epochs, layout, recipe
        self.trainable, self.lrs, self.progress = trainable, lrs.numpy(), progress
        self.halt, self.probe = halt, probe
        self.best = trainable.weights.copy()
        self.outputs = self._empty_outputs(data.val)  # by the best weights

    def epoch(self) -> dict[str, float]:
        """Train for one epoch, evaluate, keep the weights if they are the best so far; gives the new row."""
        started, number, dataset = time.perf_counter(), len(self.progress.history), self.data.dataset
        before = self._weights() if self.probe else {}
        row = {"epoch": number + 1, "train/loss": self.train(number)}
        if self.job.run.train_eval:
            row["train/loss_eval"], _ = self._evaluate(self.data.train)
        row["val/loss"], outputs = self._evaluate(self.data.val)
        of_val = figures(dataset.task, outputs, self.data.val.targets, dataset.target_scale)
        row |= {f"val/{name}": value for name, value in of_val.items()}
        row["lr"] = float(self.lrs[number, -1])
        if self.probe:
            row |= self.probe(before, self._weights())
        row["epoch_seconds"] = time.perf_counter() - started
        if self.progress.add(row):
            self.best[:], self.outputs = self.trainable.judged, outputs
        return row

    def train(self, number: int) -> float:
        """The steps of an epoch, from 0; gives its mean loss."""
        total, lrs, done = 0.0, self.lrs[number], 0
        for examples in self.epochs.examples(number):
            if self.halt[0]:
                break
            steps = -(-examples.rows.size // self.recipe.rows_per_step)
            first = number * lrs.size + done
            total += steps_of(self.recipe, self.trainable, examples, first, lrs[done : done + steps], self.halt)
            done += steps
        return total / len(self.data.train.targets)

    def _evaluate(self, rows: Rows) -> tuple[float, Floats]:
        outputs = self._empty_outputs(rows)
        return evaluate(self.recipe, self.trainable.judged, rows.inputs, rows.targets, outputs), outputs

    def trained(self) -> Trained:
        """What came of it."""
        dataset, weights = self.data.dataset, torch.from_numpy(self.best)
        logits = squeezed(torch.from_numpy(self.outputs), dataset.task)
        val = Predictions(logits, self.data.val.labels).in_units(dataset.target_scale)
        return Trained(
            self.job.run,
            self.layout.named(weights),
            dataset,
            self.data.standardize,
            self.progress,
            self.layout.size,
            val,
            names_all=True,
        )

    def kept(self) -> dict[str, Tensor]:
        """The weights as they stand, or their averages, by the model's names."""
        return self.layout.named(torch.from_numpy(self.trainable.judged))

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

    def _weights(self) -> dict[str, Tensor]:
        return self.layout.named(torch.from_numpy(self.trainable.weights))

    def _arrays(self) -> dict[str, Floats]:
        return {**self.trainable._asdict(), "best": self.best, "outputs": self.outputs}

    def _empty_outputs(self, rows: Rows) -> Floats:
        return np.empty((len(rows.inputs), self.data.dataset.num_outputs), rows.inputs.dtype)
