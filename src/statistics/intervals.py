"""A mean with its spread, and Student's t interval."""

import math
import statistics
from collections.abc import Sequence

import numpy as np
from scipy import stats

LEVEL = 0.95


def mean_and_sd(values: Sequence[float], digits: int = 4) -> str:
    """`0.9321 ± 0.0051` of `values` over seeds, of one alone `0.9321`."""
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.{digits}f}{spread}"


def t_half_width(values: np.ndarray, *, shared: float = 0.0) -> float:
    """Half the width of the 95 % interval of the mean of `values` (N,); NaN for fewer than two.

    `shared`: what is added to 1 / N where the values are not independent (Nadeau and Bengio 2003, eq. 5).
    """
    n = len(values)
    return math.nan if n < 2 else t_quantile(n - 1) * float(values.std(ddof=1)) * math.sqrt(1 / n + shared)


def t_quantile(df: float) -> float:
    """How many standard errors lie between a mean and either end of its interval."""
    return float(stats.t.ppf(0.5 + LEVEL / 2, df))
