"""Forward and backward passes of an MLP, compiled: the chain rule, layer by layer.

A layer computes z = x W^T + b, a = g(z) and, in training, its outputs a m with dropout's factors m; these are the inputs x
of the next layer. A norm, where there is one, stands between z and g. What has W and b in the vector of weights has their
gradients at the same places of another.
"""

from typing import NamedTuple

import numpy as np

from src.engines.native.activations import activate, chain
from src.engines.native.compiled import part
from src.engines.native.hashing import draw_factors
from src.engines.native.norm import normalise, normalise_back
from src.engines.native.units import (
    CENTRED,
    FACTORS,
    OUTPUTS,
    SLOPES,
    STEEPNESS,
    A,
    Ints,
    Z,
    of_layer,
    vector,
    weight_of,
)

# Axes: B rows, I inputs and O outputs of a layer.


class Dropout(NamedTuple):
    """Of the hidden units of all layers the keys, and of all the largest hash that is kept, and the scale of what is."""

    units: Ints
    highest: int
    scale: float


@part
def forward(network, weights, inputs, units, dropout, keys):  # type: ignore[no-untyped-def]
    """The outputs (B, O) of the last layer for inputs (B, I); `keys` (B,) of the rows for dropout, none: it is off."""
    x, rows, last = inputs, inputs.shape[0], network.size - 1
    for number in range(last + 1):
        layer = network[number]
        z, a = of_layer(units[Z], layer, rows), of_layer(units[A], layer, rows)
        np.dot(x, weight_of(layer, weights).T, z)  # (B, I) @ (I, O)
        if layer.bias >= 0:
            bias = vector(layer, weights, layer.bias)
            for b in range(rows):
                for u in range(bias.size):
                    z[b, u] += bias[u]
        if layer.scale >= 0:
            scale, shift = vector(layer, weights, layer.scale), vector(layer, weights, layer.scale + layer.outputs)
            normalise(z, scale, shift, of_layer(units[CENTRED], layer, rows), units[STEEPNESS, number * rows :])
        activate(layer.activation, z.ravel(), a.ravel())
        x = a
        if keys.size > 0 and number < last:
            m, x = of_layer(units[FACTORS], layer, rows), of_layer(units[OUTPUTS], layer, rows)
            own = vector(layer, dropout.units, layer.column)
            draw_factors(keys, own, dropout.highest, dropout.scale, m)
            for b in range(rows):
                for u in range(own.size):
                    x[b, u] = a[b, u] * m[b, u]
    return x


@part
def backward(network, weights, gradients, inputs, units, drops):  # type: ignore[no-untyped-def]
    """Fill `gradients` with the derivatives of the loss by all weights.

    The slopes of the last layer are dL/da (B, O) as it begins; `drops`: whether dropout was on.
    """
    rows = inputs.shape[0]
    for number in range(network.size - 1, -1, -1):
        layer, below = network[number], network[max(number - 1, 0)]
        slope, z, a = (
            of_layer(units[SLOPES], layer, rows),
            of_layer(units[Z], layer, rows),
            of_layer(units[A], layer, rows),
        )
        chain(layer.activation, z.ravel(), a.ravel(), slope.ravel())  # dL/dz = dL/da g'(z)
        if layer.scale >= 0:
            of_scale = vector(layer, gradients, layer.scale)
            of_shift = vector(layer, gradients, layer.scale + layer.outputs)
            scale, centred = vector(layer, weights, layer.scale), of_layer(units[CENTRED], layer, rows)
            normalise_back(slope, scale, centred, units[STEEPNESS, number * rows :], of_scale, of_shift)
        x = of_layer(units[OUTPUTS if drops else A], below, rows) if number > 0 else inputs
        np.dot(slope.T, x, weight_of(layer, gradients))  # dL/dW = (dL/dz)^T x
        if layer.bias >= 0:
            of_bias = vector(layer, gradients, layer.bias)
            of_bias[:] = 0.0
            for b in range(rows):
                for u in range(of_bias.size):
                    of_bias[u] += slope[b, u]  # dL/db = sum of dL/dz
        if number > 0:
            of_x = of_layer(units[SLOPES], below, rows)
            np.dot(slope, weight_of(layer, weights), of_x)  # dL/dx = dL/dz W
            if drops:
                m = of_layer(units[FACTORS], below, rows)
                for b in range(rows):
                    for u in range(below.outputs):
                        of_x[b, u] *= m[b, u]  # dL/da = dL/dx m
