"""Where everything of an MLP lies in flat vectors, compiled: its weights, and what a step keeps of its units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.engines.native.compiled import part

# Axes: B rows, I inputs and O outputs of a layer.

Ints = NDArray[np.int64]
Floats = NDArray[Any]  # float32 or float64
Network = NDArray[np.void]  # a `LAYER` for each

# Where the weight (O, I), the bias (O,) and the norm's scale (O,), its shift behind it, begin in a vector of weights, or -1;
# where the layer's begin among the units of all layers; and its activation by its place.
FIELDS = ("inputs", "outputs", "weight", "bias", "scale", "column", "activation")
LAYER = np.dtype([(field, np.int64) for field in FIELDS])

# What is kept of units: z and a = g(z), in training a m as OUTPUTS with dropout's FACTORS m, and SLOPES dL/dz. With a norm
# also z before it, CENTRED and scaled to variance 1, and what each row was scaled by, STEEPNESS.
KINDS = 7
Z, A, OUTPUTS, FACTORS, SLOPES, CENTRED, STEEPNESS = range(KINDS)


@part
def empty_units(network, rows, like):  # type: ignore[no-untyped-def]
    """Room for `rows` rows, (kinds, ...), in the type of `like`."""
    last = network[network.size - 1]
    return np.empty((KINDS, rows * (last.column + last.outputs)), like.dtype)


@part
def of_layer(flat, layer, rows):  # type: ignore[no-untyped-def]
    """Of one kind of what is kept of units, that of a layer, (B, O)."""
    return matrix(flat, layer.column * rows, rows, layer.outputs)


@part
def weight_of(layer, flat):  # type: ignore[no-untyped-def]
    """The weight (O, I) of a layer."""
    return matrix(flat, layer.weight, layer.outputs, layer.inputs)


@part
def vector(layer, flat, start):  # type: ignore[no-untyped-def]
    """A number for each unit of a layer, (O,), from `start` on."""
    return flat[start : start + layer.outputs]


@part
def matrix(flat, start, rows, columns):  # type: ignore[no-untyped-def]
    """The part of a flat vector that begins at `start`, (rows, columns)."""
    return flat[start : start + rows * columns].reshape(rows, columns)
