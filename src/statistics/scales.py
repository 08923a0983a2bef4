"""The interval of each figure, on the scale on which it is nearly symmetric."""

import math
from collections.abc import Callable

from src.statistics.intervals import t_quantile
from src.statistics.variance import Variance

Interval = tuple[float, float]

# Each of a figure, its variance, and how many examples there are of the fewest that it needs.


def wilson(value: float, variance: Variance, count: int) -> Interval:
    """Of a share: Wilson's score interval (1927) of so many independent examples as give this variance."""
    n = value * (1.0 - value) / variance.value if variance.value > 0 else count
    z = t_quantile(variance.df)
    centre = (value + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(max(0.0, value * (1 - value)) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def on_logits(value: float, variance: Variance, count: int) -> Interval:
    """Of an area or a mean square between 0 and 1: Student's on the scale of logits; Wilson's at the ends of it."""
    if variance.value <= 0 or not 0 < value < 1:
        return wilson(value, Variance(0.0, math.inf), count)
    centre, error = math.log(value / (1 - value)), math.sqrt(variance.value) / (value * (1 - value))
    half = t_quantile(variance.df) * error
    return _logistic(centre - half), _logistic(centre + half)


def on_logs(value: float, variance: Variance, count: int) -> Interval:
    """Of what is positive: Student's on the scale of logarithms."""
    if value <= 0:
        return math.nan, math.nan
    factor = math.exp(min(700.0, t_quantile(variance.df) * math.sqrt(variance.value) / value))
    return value / factor, value * factor


def on_logs_of_rest(value: float, variance: Variance, count: int) -> Interval:
    """Of what is at most 1, as R2: by its distance to 1."""
    low, high = on_logs(1 - value, variance, count)
    return 1 - high, 1 - low


def _logistic(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


INTERVALS: dict[str, Callable[[float, Variance, int], Interval]] = {
    **dict.fromkeys(("accuracy", "sensitivity", "specificity"), wilson),
    **dict.fromkeys(("auroc", "average_precision", "brier"), on_logits),
    **dict.fromkeys(("rmse", "mae"), on_logs),
    "r2": on_logs_of_rest,
}
