"""Gradients within bounds, compiled: as torch clips them."""

import numpy as np

from src.engines.native.compiled import part

NONE, NORM, VALUE = 0, 1, 2
KINDS = {"norm": NORM, "value": VALUE}


@part
def clip(kind, bound, gradient):  # type: ignore[no-untyped-def]
    """The gradient's norm, or each entry, within `bound`, in place."""
    if kind == NORM:
        square = 0.0
        for i in range(gradient.size):
            square += np.float64(gradient[i]) * np.float64(gradient[i])
        scale = bound / (np.sqrt(square) + 1e-6)
        if not scale >= 1.0:  # so a NaN spreads
            for i in range(gradient.size):
                gradient[i] *= gradient.dtype.type(scale)
    elif kind == VALUE:
        limit = gradient.dtype.type(bound)
        for i in range(gradient.size):
            gradient[i] = limit if gradient[i] > limit else (-limit if gradient[i] < -limit else gradient[i])
