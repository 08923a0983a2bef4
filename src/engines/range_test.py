"""The learning-rate range test: one short training whose rate grows at every step (Smith 2017, section 3.3)."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

from src.config.schema import Run
from src.data.batches import Batch, TrainBatches
from src.data.dataset import Dataset
from src.data.placement import placed
from src.data.transforms import Standardize
from src.losses import Loss, mixed
from src.models.dropout import dropout_layers, set_rows
from src.models.outputs import row_losses
from src.optimizers import build_optimizer
from src.runs.build import build_augment, build_loss, build_run_model, device_of, dtype_of, standardize_of

LEAST, MOST, STEPS = 1e-6, 10.0, 200  # rates of the first and the last step, and how many there are
MEMORY = 0.9  # share of the running mean that a step's loss leaves as it was
EXPLODED = 4.0  # times the least loss, where the test ends
BELOW = 10.0  # how far the suggestion lies below the rate of the least loss


@dataclass(frozen=True)
class RangeTest:
    """The mean training loss of each step, by its rate; `smoothed`: their running mean, without the bias of its beginning."""

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)

    @property
    def suggestion(self) -> float:
        """A tenth of the rate at which the smoothed loss is least: steep enough, and far from where it explodes."""
        return self.rates[self.smoothed.index(min(self.smoothed))] / BELOW

    @property
    def has_exploded(self) -> bool:
        """Whether the last step tells that the rate is too high."""
        last = self.losses[-1]
        return not math.isfinite(last) or self.smoothed[-1] > EXPLODED * min(self.smoothed)

    def add(self, rate: float, loss: float) -> None:
        """One more step."""
        self.rates.append(rate)
        self.losses.append(loss)
        weights = [MEMORY**age for age in range(len(self.losses))]
        total = sum(weight * value for weight, value in zip(weights, reversed(self.losses), strict=True))
        self.smoothed.append(total / sum(weights) if math.isfinite(total) else math.inf)


def range_test(run: Run, dataset: Dataset, steps: Iterable[int] = range(STEPS)) -> RangeTest:
    """Train the model of `run` from its initial weights, on its own batches, while the rate grows from LEAST to MOST.

    It ends early where the loss explodes. The run's own rate and schedule have no part in it. `steps` counts them for
    whoever watches.
    """
    device, dtype = device_of(run), dtype_of(run)
    model = build_run_model(run, dataset).to(device, dtype).train()
    optimizer = build_optimizer(model.parameters(), **run.optimizer.model_dump())
    loss = partial(row_losses, build_loss(run, dataset.task), task=dataset.task)
    batches = _batches(run, dataset)
    test = RangeTest()
    for step, batch in zip(steps, batches, strict=False):
        rate = LEAST * (MOST / LEAST) ** (step / (STEPS - 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        test.add(rate, _step(model, optimizer, loss, batch, run))
        if test.has_exploded:
            break
    return test


def _batches(run: Run, dataset: Dataset) -> Iterator[Batch]:
    """Those of one epoch after another."""
    rows = run.batch_size * run.trainer.accumulate_grad_batches
    scale = Standardize.fit(dataset.train.inputs, standardize_of(run))
    train, augment = placed(dataset.train, device_of(run)), build_augment(run, dataset)
    for epoch in itertools.count():
        yield from TrainBatches(train, scale, augment, rows, run.seed, dtype=dtype_of(run), epoch=epoch)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Loss, batch: Batch, run: Run) -> float:
    """The mean loss of a batch, before the step that it makes."""
    set_rows(dropout_layers(model), batch.rows)
    mean = mixed(loss, batch.mix)(model(batch.inputs), batch.labels).mean()
    optimizer.zero_grad()
    mean.backward()
    if (bound := run.trainer.gradient_clip_val) is not None:
        by_norm = run.trainer.gradient_clip_algorithm == "norm"
        clip = nn.utils.clip_grad_norm_ if by_norm else nn.utils.clip_grad_value_
        clip(model.parameters(), bound)
    optimizer.step()
    return float(mean.detach())
