"""Averaged weights, compiled: the rule of `src.optimizers.averaging`."""

from src.engines.native.compiled import part


@part
def average(averages, weights, decay, step):  # type: ignore[no-untyped-def]
    """a += share (w - a) after step `step`, from 1, for averages and weights (P,)."""
    share = weights.dtype.type((1.0 - decay) / (1.0 - decay**step))
    for i in range(weights.size):
        averages[i] += share * (weights[i] - averages[i])
