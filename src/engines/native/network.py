"""Forward and backward passes of an MLP, compiled: the chain rule, layer by layer.

Layer l computes z = x W^T + b, a = g(z) and, in training, its outputs a * m with dropout's factors m; these are the inputs
x of the next layer. A norm, where there is one, stands between z and g. What has W and b in the vector of weights has their
gradients at the same places of another.
"""

from typing import NamedTuple

import numpy as np

from src.engines.native.activations import activate, chain
from src.engines.native.compiled import part
from src.engines.native.hashing import draw_factors
from src.engines.native.norm import normalise, normalise_back
from src.engines.native.units import Ints, of_layer, vector, weight_of

# Axes: B rows, I inputs and O outputs of a layer.


class Dropout(NamedTuple):
    """Of the hidden units of all layers the keys, and of all the largest hash that is kept, and the scale of what is."""

    units: Ints
    highest: int
    scale: float


@part
def forward(network, weights, inputs, units):  # type: ignore[no-untyped-def]
    """The outputs (B, O) of the last layer for inputs (B, I), dropout off."""
    x = inputs
    for layer in range(network.weights.size):
        x = _layer(network, weights, x, layer, units)
    return x


@part
def forward_dropping(network, weights, inputs, units, dropout, keys):  # type: ignore[no-untyped-def]
    """`forward` with dropout after each hidden layer; `keys` (B,) are those of the rows."""
    x, rows, last = inputs, inputs.shape[0], network.weights.size - 1
    for layer in range(last):
        a = _layer(network, weights, x, layer, units)
        m, x = of_layer(network, units.factors, layer, rows), of_layer(network, units.outputs, layer, rows)
        own = dropout.units[network.columns[layer] : network.columns[layer + 1]]
        draw_factors(keys, own, dropout.highest, dropout.scale, m)
        for b in range(rows):
            for u in range(own.size):
                x[b, u] = a[b, u] * m[b, u]
    return _layer(network, weights, x, last, units)


@part
def _layer(network, weights, x, layer, units):  # type: ignore[no-untyped-def]
    """a = g(x W^T + b)."""
    rows = x.shape[0]
    z, a = of_layer(network, units.z, layer, rows), of_layer(network, units.a, layer, rows)
    np.dot(x, weight_of(network, weights, layer).T, z)  # (B, I) @ (I, O)
    if network.biases[layer] >= 0:
        bias = vector(network, weights, network.biases[layer], layer)
        for b in range(rows):
            for u in range(bias.size):
                z[b, u] += bias[u]
    if network.scales[layer] >= 0:
        scale = vector(network, weights, network.scales[layer], layer)
        shift = vector(network, weights, network.scales[layer] + scale.size, layer)
        centred, steepness = of_layer(network, units.centred, layer, rows), units.steepness[layer * rows :]
        normalise(z, scale, shift, centred, steepness)
    activate(network.activations[layer], z.ravel(), a.ravel())
    return a


@part
def backward(network, weights, gradients, inputs, units, drops):  # type: ignore[no-untyped-def]
    """Fill `gradients` with the derivatives of the loss by all weights.

    The slopes of the last layer are dL/da (B, O) as it begins; `drops`: whether dropout was on.
    """
    rows = inputs.shape[0]
    for layer in range(network.weights.size - 1, -1, -1):
        slope = of_layer(network, units.slopes, layer, rows)
        z, a = of_layer(network, units.z, layer, rows), of_layer(network, units.a, layer, rows)
        chain(network.activations[layer], z.ravel(), a.ravel(), slope.ravel())  # dL/dz = dL/da g'(z)
        if network.scales[layer] >= 0:
            start, width = network.scales[layer], slope.shape[1]
            of_scale = vector(network, gradients, start, layer)
            of_shift = vector(network, gradients, start + width, layer)
            scale, centred = vector(network, weights, start, layer), of_layer(network, units.centred, layer, rows)
            normalise_back(slope, scale, centred, units.steepness[layer * rows :], of_scale, of_shift)
        x = of_layer(network, units.outputs, layer - 1, rows) if layer else inputs
        np.dot(slope.T, x, weight_of(network, gradients, layer))  # dL/dW = (dL/dz)^T x
        if network.biases[layer] >= 0:
            of_bias = vector(network, gradients, network.biases[layer], layer)
            of_bias[:] = 0.0
            for b in range(rows):
                for u in range(of_bias.size):
                    of_bias[u] += slope[b, u]  # dL/db = sum of dL/dz
        if layer:
            below = of_layer(network, units.slopes, layer - 1, rows)
            np.dot(slope, weight_of(network, weights, layer), below)  # dL/dx = dL/dz W
            if drops:
                m = of_layer(network, units.factors, layer - 1, rows)
                for b in range(rows):
                    for u in range(below.shape[1]):
                        below[b, u] *= m[b, u]  # dL/da = dL/dx m
