"""Layer normalisation (Ba et al. 2016, eq. 3), compiled: rows of mean 0 and variance 1, then scaled and shifted."""

import numpy as np

from src.engines.native.compiled import part

EPS = 1e-5  # torch's


@part
def normalise(z, scale, shift, centred, steepness):  # type: ignore[no-untyped-def]
    """z = c scale + shift in place, c = (z - mean) s and s = 1 / sqrt(variance + 1e-5) of each row; c and s are kept."""
    rows, width = z.shape
    for b in range(rows):
        mean, variance = 0.0, 0.0
        for u in range(width):
            mean += z[b, u]
        mean /= width
        for u in range(width):
            variance += (z[b, u] - mean) ** 2
        steepness[b] = 1.0 / np.sqrt(variance / width + EPS)
        for u in range(width):
            centred[b, u] = (z[b, u] - mean) * steepness[b]
            z[b, u] = centred[b, u] * scale[u] + shift[u]


@part
def normalise_back(slope, scale, centred, steepness, of_scale, of_shift):  # type: ignore[no-untyped-def]
    """dL/dz before the norm, in place of that after it, and the gradients of scale and shift.

    With d = dL/dc: dL/dz = s (d - mean of d - c times the mean of d c).
    """
    rows, width = slope.shape
    of_scale[:], of_shift[:] = 0.0, 0.0
    for b in range(rows):
        mean, along = 0.0, 0.0
        for u in range(width):
            of_scale[u] += slope[b, u] * centred[b, u]
            of_shift[u] += slope[b, u]
            slope[b, u] *= scale[u]
            mean += slope[b, u]
            along += slope[b, u] * centred[b, u]
        for u in range(width):
            slope[b, u] = steepness[b] * (slope[b, u] - mean / width - centred[b, u] * along / width)
