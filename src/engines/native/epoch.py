"""The steps of one member, compiled as one program: dropout, gradients, updates."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.engines.native.averaging import average
from src.engines.native.clipping import clip
from src.engines.native.compiled import program
from src.engines.native.hashing import row_key
from src.engines.native.losses import Smoothing, blend, row_losses
from src.engines.native.network import Dropout, backward, forward
from src.engines.native.units import SLOPES, Floats, Ints, Network, empty_units, of_layer
from src.engines.native.updates import Step, update

# Axes: N rows of a split, F features, P weights, E examples of some steps, B rows of a step, K outputs.


class Recipe(NamedTuple):
    """What decides how a member trains, beside its data: choices as places in their switches.

    `drops`: whether it has dropout at all.
    """

    network: Network
    dropout: Dropout
    drops: bool
    loss: int
    smoothing: Smoothing
    rows_per_step: int
    optimizer: int
    weight_decay: float
    momentum: float
    beta1: float
    beta2: float
    clip: int
    bound: float
    ema: float


class Trainable(NamedTuple):
    """What a step changes: weights (P,), the optimizer's state (kinds, P), its numbers (kinds,) float32, averages (P,).

    Without averages there are 0 of them.
    """

    weights: Floats
    state: Floats
    numbers: NDArray[np.float32]
    averages: Floats

    @property
    def judged(self) -> Floats:
        """The weights that are evaluated and kept: the averages, if there are any."""
        return self.averages if self.averages.size else self.weights


class Examples(NamedTuple):
    """What some steps train on, one after another: of inputs (N, F) those at `rows` (E,), with their labels (E,).

    Where they are blended, the labels of what they are blended with, `others` (E,), and the share `own` (E,) that is theirs.
    Where some count for more than others, by how much, `weights` (E,); of mean 1 over an epoch.
    """

    inputs: Floats
    rows: Ints
    labels: Floats
    others: Floats
    own: Floats
    weights: Floats


@program
def train(recipe, trainable, examples, first, lrs, halt):  # type: ignore[no-untyped-def]
    """The steps from number `first` on, counted from 0 over all epochs, in place; gives the sum of the losses, in float64.

    `lrs` (steps,) float64: the learning rate of each. Once another thread has made `halt` (1,) true, it ends with the step.
    """
    network, size, weights = recipe.network, recipe.rows_per_step, trainable.weights
    num_examples, num_features, mixes = examples.rows.size, examples.inputs.shape[1], examples.own.size > 0
    weighted = examples.weights.size > 0
    most, last, dtype = min(size, num_examples), network[network.size - 1], weights.dtype
    units, gradient = empty_units(network, most, weights), np.empty_like(weights)
    batch, keys = np.empty(most * num_features, dtype), np.empty(most, np.int64)
    losses, of_others = np.empty(most, dtype), np.empty(most, dtype)
    slopes_of_others = np.empty(most * last.outputs, dtype)
    total = 0.0
    for number in range(lrs.size):
        if halt[0]:
            break
        start, stop = number * size, min((number + 1) * size, num_examples)
        rows = stop - start
        x = batch[: rows * num_features].reshape(rows, num_features)
        for b in range(rows):
            row = examples.rows[start + b]
            keys[b] = row_key(first + number, b)
            for feature in range(num_features):
                x[b, feature] = examples.inputs[row, feature]
        outputs = forward(network, weights, x, units, recipe.dropout, keys[: rows if recipe.drops else 0])
        slope = of_layer(units[SLOPES], last, rows)
        row_losses(recipe.loss, outputs, examples.labels[start:stop], recipe.smoothing, losses, slope)
        if mixes:
            of_other = slopes_of_others[: rows * last.outputs].reshape(rows, last.outputs)
            row_losses(recipe.loss, outputs, examples.others[start:stop], recipe.smoothing, of_others, of_other)
            blend(examples.own[start:stop], losses, slope, of_others, of_other)
        for b in range(rows if weighted else 0):
            losses[b] *= examples.weights[start + b]
            for k in range(last.outputs):
                slope[b, k] *= examples.weights[start + b]
        for b in range(rows):
            total += losses[b]
            for k in range(last.outputs):
                slope[b, k] /= rows  # of the mean
        backward(network, weights, gradient, x, units, recipe.drops)
        clip(recipe.clip, recipe.bound, gradient)
        step = Step(lrs[number], first + number + 1, recipe.weight_decay, recipe.momentum, recipe.beta1, recipe.beta2)
        update(recipe.optimizer, weights, gradient, trainable.state, trainable.numbers, step)
        if trainable.averages.size > 0:
            average(trainable.averages, weights, recipe.ema, step.number)
    return total
