"""One epoch of one member, compiled as one program: order, steps, dropout, gradients, updates."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.engines.native.clipping import clip
from src.engines.native.compiled import program
from src.engines.native.hashing import fold, permutation, row_key
from src.engines.native.losses import Smoothing, loss_of
from src.engines.native.network import Dropout, backward, forward, forward_dropping
from src.engines.native.units import Floats, Network, empty_units, matrix, of_layer
from src.engines.native.updates import Step, update

# Axes: N rows of a split, F features, P weights, B rows of a step, K outputs.

CHUNK = 256  # rows that are evaluated at once: what is made of them stays in the caches


class Recipe(NamedTuple):
    """What decides how a member trains, beside its data: choices as places in their switches.

    `order`: the key of its orders, int64. `drops`: whether it has dropout at all.
    """

    network: Network
    dropout: Dropout
    drops: bool
    loss: int
    smoothing: Smoothing
    rows_per_step: int
    order: int
    optimizer: int
    weight_decay: float
    momentum: float
    beta1: float
    beta2: float
    clip: int
    bound: float


class Trainable(NamedTuple):
    """What a step changes: weights (P,), the optimizer's state (kinds, P), and its numbers (kinds,) float32."""

    weights: Floats
    state: Floats
    numbers: NDArray[np.float32]


@program
def train_epoch(recipe, trainable, inputs, labels, epoch, lrs):  # type: ignore[no-untyped-def]
    """Epoch number `epoch`, from 0, on inputs (N, F) with labels (N,), in place; gives the mean loss, in float64.

    `lrs` (steps,) float64: the learning rate of each step.
    """
    network, size, steps = recipe.network, recipe.rows_per_step, lrs.size
    order = permutation(fold(recipe.order, epoch), labels.size)
    gradient, most = np.empty_like(trainable.weights), min(size, labels.size)
    units = empty_units(network, most, inputs, recipe.drops)
    batch, keys = np.empty(most * inputs.shape[1], inputs.dtype), np.empty(most, np.int64)
    total = 0.0
    for number in range(steps):
        rows = order[number * size : (number + 1) * size]
        taken = matrix(batch, 0, rows.size, inputs.shape[1])
        for row in range(rows.size):
            taken[row] = inputs[rows[row]]
        if recipe.drops:
            for row in range(rows.size):
                keys[row] = row_key(epoch * steps + number, row)
            outputs = forward_dropping(network, trainable.weights, taken, units, recipe.dropout, keys[: rows.size])
        else:
            outputs = forward(network, trainable.weights, taken, units)
        slope = of_layer(network, units.slopes, network.weights.size - 1, rows.size)
        total += loss_of(recipe.loss, outputs, labels[rows], recipe.smoothing, slope)
        slope /= rows.size  # of the mean
        backward(network, trainable.weights, gradient, taken, units, recipe.drops)
        clip(recipe.clip, recipe.bound, gradient)
        step = Step(
            lrs[number],
            epoch * steps + number + 1,
            recipe.weight_decay,
            recipe.momentum,
            recipe.beta1,
            recipe.beta2,
        )
        update(recipe.optimizer, trainable.weights, gradient, trainable.state, trainable.numbers, step)
    return total / labels.size


@program
def evaluate(network, weights, inputs, outputs):  # type: ignore[no-untyped-def]
    """Fill `outputs` (N, K) for inputs (N, F), dropout off."""
    units = empty_units(network, min(CHUNK, inputs.shape[0]), inputs, False)
    for start in range(0, inputs.shape[0], CHUNK):
        outputs[start : start + CHUNK] = forward(network, weights, inputs[start : start + CHUNK], units)
