"""Predictions held against what was measured: an effect with its interval, a verdict, and both as text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats
from torch import Tensor

from src.statistics.intervals import LEVEL, t_half_width, t_quantile
from src.statistics.variance import over_rows, over_seeds

Verdict = Literal["holds", "does not hold", "undecided"]


@dataclass(frozen=True)
class Finding:
    """An effect with its interval, and the range (`least`, `most`) in which the prediction says that it lies.

    The prediction holds if the whole interval lies inside, does not hold if it lies outside, and is undecided if it
    lies across a bound, or if the effect could not be measured.
    """

    prediction: str
    statistic: str  # what the estimate is, of what, and where its interval comes from
    estimate: float
    low: float
    high: float
    n: int
    least: float = -math.inf
    most: float = math.inf

    @property
    def verdict(self) -> Verdict:
        if math.isnan(self.low) or math.isnan(self.high):
            return "undecided"
        if self.low > self.least and self.high < self.most:
            return "holds"
        return "does not hold" if self.high <= self.least or self.low >= self.most else "undecided"


def mean(
    prediction: str,
    values: Any,
    *,
    of: str,
    above: float = -math.inf,
    below: float = math.inf,
    test_share: float = 0.0,
) -> Finding:
    """The mean of `values`, one for each seed, lies above and below the bounds; Student's t interval.

    `of` says what the values are. Values that are not finite leave the prediction undecided. For splits of one table, which
    share rows, `test_share` is the number of test rows over that of training rows: the interval is wider then (Nadeau and
    Bengio 2003, eq. 5).
    """
    x = np.asarray(values, dtype=float)
    n, centre = len(x), float(x.mean())
    if not np.isfinite(x).all() or n < 2:
        centre = half = math.nan
    else:
        half = t_half_width(x, shared=test_share)
    statistic = f"mean of {of}, 95 % {'corrected ' if test_share else ''}t interval"
    return Finding(prediction, statistic, centre, centre - half, centre + half, n, above, below)


def share(prediction: str, hits: Any, *, of: str, above: float = -math.inf, below: float = math.inf) -> Finding:
    """The share of true `hits` lies above and below the bounds; Wilson's score interval (1927). None at all: undecided."""
    found, statistic = np.asarray(hits, dtype=bool).ravel(), f"share of {of}, 95 % Wilson interval"
    if len(found) == 0:
        return Finding(prediction, statistic, math.nan, math.nan, math.nan, 0, above, below)
    interval = stats.binomtest(int(found.sum()), len(found)).proportion_ci(LEVEL, method="wilson")
    return Finding(
        prediction, statistic, float(found.mean()), float(interval.low), float(interval.high), len(found), above, below
    )


def over_seeds_and_rows(
    prediction: str,
    values: Tensor,
    influence: Tensor,
    *,
    of: str,
    above: float = -math.inf,
    below: float = math.inf,
) -> Finding:
    """The mean of `values` (S,), a figure of each seed on the same rows, lies above and below the bounds.

    `influence` (S, N): of the rows on each. The t interval is over other seeds and other rows (`statistics.variance`).
    """
    variance = over_seeds(values, influence, over_rows(influence.mean(0)))
    centre, half = float(values.double().mean()), t_quantile(variance.df) * math.sqrt(variance.value)
    statistic = f"mean of {of}, 95 % t interval"
    return Finding(prediction, statistic, centre, centre - half, centre + half, len(values), above, below)


def exact(prediction: str, errors: Any, *, of: str, tolerance: float) -> Finding:
    """An identity: the largest of the absolute `errors` lies below `tolerance`."""
    x = np.abs(np.asarray(errors, dtype=float)).ravel()
    largest = float(x.max()) if np.isfinite(x).all() else math.inf
    return Finding(prediction, f"largest {of}", largest, largest, largest, len(x), most=tolerance)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """A claim does not hold if one of its predictions does not, and holds if all of them do."""
    verdicts = [finding.verdict for finding in findings]
    for verdict in ("does not hold", "undecided"):
        if verdict in verdicts:
            return verdict
    return "holds"


def table(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as plain data; what is not finite is None."""
    return [
        {name: _finite(value) for name, value in {**vars(finding), "verdict": finding.verdict}.items()}
        for finding in findings
    ]


def found(one: Mapping[str, Any]) -> str:
    """An estimate with its interval, as text."""
    if one["estimate"] is None:
        return "not measurable"
    if not one["statistic"].endswith("interval"):
        return f"{one['estimate']:.4g}"
    return f"{one['estimate']:.4g} [{one['low']:.4g}, {one['high']:.4g}]"


def bounds(least: float | None, most: float | None) -> str:
    """The range that is predicted, as text; None is no bound."""
    if least is not None and most is not None:
        return f"{least:.3g} to {most:.3g}"
    return f"> {least:.3g}" if least is not None else f"< {most:.3g}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
