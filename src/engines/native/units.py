"""Where everything of an MLP lies in flat vectors, compiled: its weights, and what a step keeps of its units."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.engines.native.compiled import part

# Axes: B rows, I inputs and O outputs of a layer.

Ints = NDArray[np.int64]
Floats = NDArray[Any]  # float32 or float64


class Network(NamedTuple):
    """Of layer l the weight (O, I), the bias (O,) and the norm's scale (O,) with its shift behind it; -1 for none.

    `widths`: of the inputs, then of each layer's outputs. `columns`: where a layer's begin among the units of all.
    `activations`: of each layer, by their places.
    """

    widths: Ints
    weights: Ints
    biases: Ints
    scales: Ints
    columns: Ints
    activations: Ints


class Units(NamedTuple):
    """Of all layers: z and a = g(z), the `outputs` a * m and dropout's `factors` m, `slopes` dL/dz.

    Of layers with a norm also z before it, `centred` and scaled to variance 1, and what it was scaled by, `steepness`.
    """

    z: Floats
    a: Floats
    outputs: Floats
    factors: Floats
    slopes: Floats
    centred: Floats
    steepness: Floats


@part
def empty_units(network, rows, like, drops):  # type: ignore[no-untyped-def]
    """Room for `rows` rows, in the type of `like`; outputs that no dropout changes are the activations themselves."""
    size, normed = rows * (network.columns[-1] + network.widths[-1]), network.scales.max() >= 0
    a = np.empty(size, like.dtype)
    return Units(
        np.empty(size, like.dtype),
        a,
        np.empty(size, like.dtype) if drops else a,
        np.empty(size if drops else 0, like.dtype),
        np.empty(size, like.dtype),
        np.empty(size if normed else 0, like.dtype),
        np.empty(rows * network.weights.size if normed else 0, like.dtype),
    )


@part
def matrix(flat, start, rows, columns):  # type: ignore[no-untyped-def]
    """The part of a flat vector that begins at `start`, (rows, columns)."""
    return flat[start : start + rows * columns].reshape(rows, columns)


@part
def of_layer(network, flat, layer, rows):  # type: ignore[no-untyped-def]
    """What is kept of a layer's units, (B, O)."""
    return matrix(flat, network.columns[layer] * rows, rows, network.widths[layer + 1])


@part
def weight_of(network, flat, layer):  # type: ignore[no-untyped-def]
    """The weight (O, I) of a layer."""
    return matrix(flat, network.weights[layer], network.widths[layer + 1], network.widths[layer])


@part
def vector(network, flat, start, layer):  # type: ignore[no-untyped-def]
    """A number for each unit of a layer, (O,), from `start` on."""
    return flat[start : start + network.widths[layer + 1]]
