"""From a run's settings to a member: what of them the compiled loops know, and where the numbers stand."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from src.config.rules import loss_name
from src.config.schema import Run
from src.data.batches import TrainBatches
from src.data.dataset import Dataset
from src.engines.build import build_probe, hyperparameters, learning_rates, must_run_alone
from src.engines.native import activations, clipping, losses, updates
from src.engines.native.data import MOST, Prepared, num_numbers
from src.engines.native.epoch import Recipe, Trainable
from src.engines.native.examples import Augmented, Epochs, Shuffled
from src.engines.native.layout import Layout
from src.engines.native.losses import Smoothing
from src.engines.native.member import Member
from src.engines.native.network import Dropout
from src.models.dropout import dropout_layers
from src.optimizers import OPTIMIZERS
from src.randomness import Purpose, key
from src.runs.build import build_augment, build_progress, build_run_model, device_of, dtype_of
from src.runs.job import Job

MLP, PERCEPTRON = "src.models.mlp.MLP", "src.models.perceptron.Perceptron"


def why_not(run: Run, dataset: Dataset) -> str | None:
    """Why another engine must train `run`; None if the compiled loops can."""
    if reason := must_run_alone(run):
        return reason
    if (target := run.model["_target_"]) not in (MLP, PERCEPTRON):
        return f"{target} is no model of the compiled engine"
    unknown = {
        "trainer.compile": run.trainer.compile,
        "optimizer": run.optimizer.name not in updates.KINDS,
        "model.activation": run.model["activation"] not in activations.KINDS,
        "loss": (loss_name(run, dataset.task), dataset.task) not in losses.KINDS,
    }
    if names := [name for name, is_set in unknown.items() if is_set]:
        return f"{names[0]} is not known to the compiled engine"
    if device_of(run).type != "cpu":
        return f"trainer.accelerator={run.trainer.accelerator} takes the GPU"
    return "its data are too large to be held" if num_numbers(dataset) > MOST else None


def build_member(job: Job, data: Prepared, halt: NDArray[np.bool_], model: nn.Module | None = None) -> Member:
    """A job that has not begun, from the weights of `model`; None: one that is built for it.

    Raises ValueError if its schedule does not fit its epochs.
    """
    run, dtype = job.run, dtype_of(job.run)
    steps = -(-len(data.train.targets) // _rows_per_step(run))
    lrs = learning_rates(run, steps)
    model = model or build_run_model(run, data.dataset)
    layout = Layout(model, *_activations(run))
    weights = layout.flat(model, dtype).numpy()
    optimizer = OPTIMIZERS[run.optimizer.name]
    state = np.zeros((len(optimizer.state), weights.size), weights.dtype)
    numbers = np.array(list(optimizer.per_member.values()), np.float32)
    return Member(
        job,
        data,
        _epochs(run, data),
        layout=layout,
        recipe=_recipe(run, data.dataset, model, layout),
        trainable=Trainable(weights, state, numbers, weights.copy() if run.ema else weights[:0].copy()),
        lrs=lrs,
        halt=halt,
        progress=build_progress(run, run.epochs),
        probe=build_probe(run, data.dataset, data.standardize),
    )


def _epochs(run: Run, data: Prepared) -> Epochs:
    if (augment := build_augment(run, data.dataset)) is None:
        return Shuffled(data.train, int(key(run.seed, Purpose.ORDER)))
    dtype, rows = dtype_of(run), _rows_per_step(run)
    return Augmented(TrainBatches(data.dataset.train, data.standardize, augment, rows, run.seed, dtype=dtype))


def _recipe(run: Run, dataset: Dataset, model: nn.Module, layout: Layout) -> Recipe:
    hyper, task = hyperparameters(run), dataset.task
    dropout = _dropout(model)
    return Recipe(
        network=layout.network,
        dropout=dropout,
        drops=dropout.scale != 1.0,
        loss=losses.KINDS[loss_name(run, task), task],
        smoothing=Smoothing(hyper.pos_weight, hyper.label_smoothing),
        rows_per_step=_rows_per_step(run),
        optimizer=updates.KINDS[run.optimizer.name],
        weight_decay=hyper.weight_decay,
        momentum=hyper.momentum,
        beta1=hyper.beta1,
        beta2=hyper.beta2,
        clip=clipping.NONE
        if run.trainer.gradient_clip_val is None
        else clipping.KINDS[run.trainer.gradient_clip_algorithm],
        bound=hyper.clip,
        ema=hyper.ema,
    )


def _dropout(model: nn.Module) -> Dropout:
    """As the model's own layers draw it."""
    layers = dropout_layers(model)
    if not layers:
        return Dropout(np.zeros(0, np.int64), 2**63 - 1, 1.0)
    units = torch.cat([layer.units for layer in layers]).numpy()
    return Dropout(units, int(layers[0].highest), float(layers[0].scale))


def _activations(run: Run) -> tuple[str, str]:
    """Of the hidden layers and of the last."""
    given = str(run.model["activation"])
    return (given, "identity") if run.model["_target_"] == MLP else ("identity", given)


def _rows_per_step(run: Run) -> int:
    return run.batch_size * run.trainer.accumulate_grad_batches
