"""Student's t interval of a mean."""

import math

import numpy as np
from scipy import stats

LEVEL = 0.95


def t_half_width(values: np.ndarray, *, shared: float = 0.0) -> float:
    """Half the width of the 95 % interval of the mean of `values` (N,); NaN for fewer than two.

    `shared`: what is added to 1 / N where the values are not independent (Nadeau and Bengio 2003, eq. 5).
    """
    n = len(values)
    if n < 2:
        return math.nan
    quantile = stats.t.ppf(0.5 + LEVEL / 2, n - 1)
    return float(quantile * values.std(ddof=1) * math.sqrt(1 / n + shared))
