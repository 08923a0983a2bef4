"""The draws of `src.randomness` as compiled functions: the same bits."""

import numpy as np

from src.engines.native.compiled import part, program
from src.randomness import MAX_BATCH, Purpose, key

# Numba makes int64 of uint32 and floats of int64 beside uint64, so all is uint64, in which shifts need no mask.
ONE, GOLDEN = np.uint64(1), np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
ROWS = int(key(0, Purpose.ROWS))


@part
def fold(state, value):  # type: ignore[no-untyped-def]
    """Output number `value` of the SplitMix64 stream that starts at `state`, both int64."""
    bits = np.uint64(state) + (np.uint64(value) + ONE) * GOLDEN
    bits = (bits ^ (bits >> S30)) * FIRST
    bits = (bits ^ (bits >> S27)) * SECOND
    return np.int64(bits ^ (bits >> S31))


@program
def order_keys(state, epoch, size):  # type: ignore[no-untyped-def]
    """What the order of an epoch is sorted by: int64 (size,), no two equal."""
    of_epoch, keys = fold(state, epoch), np.empty(size, np.int64)
    for index in range(size):
        keys[index] = fold(of_epoch, index)
    return keys


@part
def row_key(step, position):  # type: ignore[no-untyped-def]
    """The key of a row by the number of its step and its place in it."""
    return fold(ROWS, step * MAX_BATCH + position)


@part
def draw_factors(rows, units, highest, scale, factors):  # type: ignore[no-untyped-def]
    """Dropout's factors (B, U) by the keys of rows and units: 0 of what is dropped, else `scale`."""
    zero, kept = factors.dtype.type(0.0), factors.dtype.type(scale)
    for b in range(rows.size):
        for u in range(units.size):
            factors[b, u] = kept if rows[b] * units[u] <= highest else zero
