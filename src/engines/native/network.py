"""Forward and backward passes of an MLP, compiled: the chain rule, layer by layer, on flat vectors.

Layer l computes z = x W^T + b, a = g(z) and, in training, its outputs a * m with dropout's factors m; these are the inputs
x of the next layer. What has W and b in the vector of weights has their gradients at the same places of another.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.engines.native.activations import activate, chain
from src.engines.native.compiled import part
from src.engines.native.hashing import draw_factors

# Axes: B rows, I inputs and O outputs of a layer.

Ints = NDArray[np.int64]


class Network(NamedTuple):
    """Where everything of an MLP lies: of layer l the weight (O, I) and bias (O,) in a flat vector, -1 for no bias.

    `widths`: of the inputs, then of each layer's outputs. `columns`: where a layer's begin among the units of all.
    `activations`: of each layer, its place in the switch.
    """

    widths: Ints
    weights: Ints
    biases: Ints
    columns: Ints
    activations: Ints


class Dropout(NamedTuple):
    """Of the hidden units of all layers the keys, and of all the largest hash that is kept, and the scale of what is."""

    units: Ints
    highest: int
    scale: float


@part
def matrix(flat, start, rows, columns):  # type: ignore[no-untyped-def]
    """The part of a flat vector that begins at `start`, (rows, columns)."""
    return flat[start : start + rows * columns].reshape(rows, columns)


@part
def weight_of(network, flat, layer):  # type: ignore[no-untyped-def]
    """The weight (O, I) of a layer."""
    return matrix(flat, network.weights[layer], network.widths[layer + 1], network.widths[layer])


@part
def bias_of(network, flat, layer):  # type: ignore[no-untyped-def]
    """The bias (O,) of a layer."""
    return flat[network.biases[layer] : network.biases[layer] + network.widths[layer + 1]]


@part
def of_layer(network, flat, layer, rows):  # type: ignore[no-untyped-def]
    """What a step keeps of a layer's units, (B, O); `flat` has `rows` of all layers."""
    return matrix(flat, network.columns[layer] * rows, rows, network.widths[layer + 1])


@part
def forward(network, weights, inputs, z, a):  # type: ignore[no-untyped-def]
    """The outputs (B, O) for inputs (B, I), dropout off; z and a of all layers are kept in these flat vectors."""
    x, rows = inputs, inputs.shape[0]
    for layer in range(network.weights.size):
        x = _layer(network, weights, x, layer, of_layer(network, z, layer, rows), of_layer(network, a, layer, rows))
    return x


@part
def forward_dropping(network, weights, inputs, z, a, x, factors, dropout, keys):  # type: ignore[no-untyped-def]
    """`forward` with dropout after each hidden layer; `keys` (B,) are those of the rows."""
    rows, last, outputs = inputs.shape[0], network.weights.size - 1, inputs
    for layer in range(last + 1):
        active = of_layer(network, a, layer, rows)
        outputs = _layer(network, weights, outputs, layer, of_layer(network, z, layer, rows), active)
        if layer < last:
            factor, outputs = of_layer(network, factors, layer, rows), of_layer(network, x, layer, rows)
            units = dropout.units[network.columns[layer] : network.columns[layer + 1]]
            draw_factors(keys, units, dropout.highest, dropout.scale, factor)
            for row in range(rows):
                for unit in range(units.size):
                    outputs[row, unit] = active[row, unit] * factor[row, unit]
    return outputs


@part
def _layer(network, weights, x, layer, z, a):  # type: ignore[no-untyped-def]
    """a = g(x W^T + b)."""
    np.dot(x, weight_of(network, weights, layer).T, z)  # (B, I) @ (I, O)
    if network.biases[layer] >= 0:
        bias = bias_of(network, weights, layer)
        for row in range(z.shape[0]):
            for unit in range(z.shape[1]):
                z[row, unit] += bias[unit]
    activate(network.activations[layer], z.ravel(), a.ravel())
    return a


@part
def backward(network, weights, gradients, inputs, z, a, x, factors, slopes, drops):  # type: ignore[no-untyped-def]
    """Fill `gradients` with the derivatives of the loss by all weights.

    `slopes` holds, of the last layer, the derivatives of the loss by its outputs (B, O); the others are made here. `x` are
    the layers' outputs, after dropout where it `drops`.
    """
    rows = inputs.shape[0]
    for layer in range(network.weights.size - 1, -1, -1):
        slope = of_layer(network, slopes, layer, rows)
        places = slice(network.columns[layer] * rows, network.columns[layer] * rows + slope.size)
        chain(network.activations[layer], z[places], a[places], slopes[places])  # dL/dz = dL/da g'(z)
        before = of_layer(network, x, layer - 1, rows) if layer else inputs
        np.dot(slope.T, before, weight_of(network, gradients, layer))  # dL/dW = (dL/dz)^T x
        if network.biases[layer] >= 0:
            bias = bias_of(network, gradients, layer)
            bias[:] = 0.0
            for row in range(rows):
                for unit in range(bias.size):
                    bias[unit] += slope[row, unit]  # dL/db = sum of dL/dz
        if layer:
            below = of_layer(network, slopes, layer - 1, rows)
            np.dot(slope, weight_of(network, weights, layer), below)  # dL/dx = dL/dz W
            if drops:
                factor = of_layer(network, factors, layer - 1, rows)
                for row in range(rows):
                    for unit in range(below.shape[1]):
                        below[row, unit] *= factor[row, unit]
