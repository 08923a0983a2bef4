"""The variance of a figure from the influences of its examples, and the degrees of freedom that this is known to."""

from typing import NamedTuple

from torch import Tensor

# Axes: S seeds, N examples.


class Variance(NamedTuple):
    """`df` of Student's t: infinite for what is known exactly, 0 for what cannot be told."""

    value: float
    df: float


def over_rows(influence: Tensor, groups: Tensor | None = None) -> Variance:
    """Of a figure whose examples have the influences (N,).

    Examples of one of `groups` (N,) count as one, whose influences are summed (Liang and Zeger 1986). Degrees of freedom are
    as many as the kurtosis of the influences tells (Satterthwaite 1946): few where a few examples make the variance.
    """
    influence = influence.double()
    if groups is not None:
        units = groups.unique(return_inverse=True)[1]
        influence = influence.new_zeros(int(units.max()) + 1).index_add(0, units, influence)
    squares, count = influence**2, len(influence)
    total = float(squares.sum())
    if count < 2 or total == 0:
        return Variance(0.0, count - 1.0)
    kurtosis = count * float((squares**2).sum()) / total**2
    df = min(count - 1.0, 2.0 * count / max(kurtosis - 1.0, 1e-9))
    return Variance(total * count / (count - 1.0), df)


def over_seeds(values: Tensor, influence: Tensor, rows: Variance, groups: Tensor | None = None) -> Variance:
    """Of the mean over seeds of a figure: what other seeds and other rows would do to it.

    `values` (S,) of the seeds, `influence` (S, N) of the examples on each, `rows` the variance of their mean by rows. What
    seeds and rows do together is in both parts, and counts once (Cameron, Gelbach and Miller 2011, eq. 2.8).
    """
    num_seeds = len(values)
    seeds = float(values.double().var()) / num_seeds
    apart = influence.double() - influence.double().mean(0)
    both = sum(over_rows(one, groups).value for one in apart) / (num_seeds * (num_seeds - 1))
    total = rows.value + max(0.0, seeds - both)
    parts = ((rows.value, rows.df), (seeds, num_seeds - 1.0))
    spread = sum(value**2 / df for value, df in parts if value > 0)
    return Variance(total, max(min(df for _, df in parts), total**2 / spread) if spread else rows.df)
