"""Two models on the same rows: whether their figures differ by more than other rows like these would make them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from scipy import stats
from torch import Tensor

from src.metrics import auroc
from src.statistics.influence import of_auroc, of_mean
from src.statistics.variance import over_rows


class Paired(NamedTuple):
    """The first model's figure less the second's, and the two-sided p of its being 0."""

    difference: float
    p: float


def delong(scores: Tensor, others: Tensor, labels: Tensor, groups: Sequence[int] = ()) -> Paired:
    """Of the AUROCs of two models' scores (N,) on labels 0 or 1 (N,): DeLong et al. (1988).

    Rows of one of `groups` count together.
    """
    difference = float(auroc(scores, labels) - auroc(others, labels))
    return _by_influence(difference, of_auroc(scores, labels) - of_auroc(others, labels), groups)


def mcnemar(right: Tensor, others: Tensor, groups: Sequence[int] = ()) -> Paired:
    """Of the accuracies of two models that are `right` (N,) about the same rows: McNemar's test (1947), exact.

    With `groups`, whose rows are not independent, by the variance of the difference over these.
    """
    gains = right.double() - others.double()
    if len(groups):
        return _by_influence(float(gains.mean()), of_mean(gains), groups)
    ahead, behind = int((gains > 0).sum()), int((gains < 0).sum())
    p = float(stats.binomtest(ahead, ahead + behind).pvalue) if ahead + behind else 1.0
    return Paired(float(gains.mean()), p)


def _by_influence(difference: float, influence: Tensor, groups: Sequence[int]) -> Paired:
    variance = over_rows(influence, torch.tensor(groups) if len(groups) else None)
    if variance.value == 0:
        return Paired(difference, 1.0 if difference == 0 else math.nan)
    t = abs(difference) / math.sqrt(variance.value)
    return Paired(difference, float(2 * stats.t.sf(t, variance.df)))
