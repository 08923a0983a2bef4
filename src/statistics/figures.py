"""Figures of a split with their 95 % bounds: of one run over rows, of several over seeds and rows."""

import math
import statistics
from collections.abc import Sequence

import torch
from torch import Tensor

from src.metrics import Outputs, full_report
from src.statistics.influence import INFLUENCES
from src.statistics.scales import INTERVALS
from src.statistics.variance import Variance, over_rows, over_seeds

FEWEST = 10  # examples, or groups of them, below which no bounds are told
AT_THRESHOLD = "_at_threshold"
SHARES = {"accuracy", "sensitivity", "specificity"}


def figures(task: str, logits: Tensor, labels: Tensor, threshold: float | None) -> dict[str, float]:
    """Every figure of the task, by flat name, of logits (N,) or (N, K) and labels (N,)."""
    return {name: float(value) for name, value in full_report(task, logits, labels, threshold=threshold).items()}


def bounded_figures(
    task: str, logits: Tensor, labels: Tensor, threshold: float | None, groups: Sequence[int] = ()
) -> dict[str, float]:
    """`figures`, and the bounds `<name>_low` and `<name>_high` that cover 95 % of other rows drawn like these.

    Rows of one of `groups` (N,), such as a patient, are drawn together. No bounds have the calibration error, which chance
    pushes one way, and what fewer than ten rows or groups tell.
    """
    return mean_figures(task, logits.unsqueeze(0), labels, [threshold], groups)


def mean_figures(
    task: str, logits: Tensor, labels: Tensor, thresholds: Sequence[float | None], groups: Sequence[int] = ()
) -> dict[str, float]:
    """The means over S seeds of the figures of logits (S, N) or (S, N, K), bounds over other seeds and rows.

    `thresholds`: of each seed.
    """
    each = [figures(task, one, labels, threshold) for one, threshold in zip(logits, thresholds, strict=True)]
    told = {name: statistics.fmean(one[name] for one in each) for name in each[0]}
    outputs, units = Outputs(task, logits, labels), torch.tensor(groups) if len(groups) else None
    for name, value in list(told.items()):
        metric = name.removesuffix(AT_THRESHOLD)
        if metric not in INFLUENCES or not math.isfinite(value) or (count := _count(metric, outputs, units)) < FEWEST:
            continue
        at = thresholds if name.endswith(AT_THRESHOLD) else [0.5]
        influence = INFLUENCES[metric](outputs, torch.tensor(at, dtype=torch.float64).unsqueeze(-1))
        values = torch.tensor([one[name] for one in each], dtype=torch.float64)
        variance = _variance(metric, influence, values, count, units)
        told[f"{name}_low"], told[f"{name}_high"] = INTERVALS[metric](value, variance, count)
    return told


def _variance(metric: str, influence: Tensor, values: Tensor, count: int, units: Tensor | None) -> Variance:
    rows = over_rows(influence.mean(0), units)
    if metric == "auroc":  # of which the smaller class decides
        rows = Variance(rows.value, count - 1.0)
    if len(values) > 1:
        return over_seeds(values, influence, rows, units)
    if metric in SHARES and units is None:  # a share's variance is known where the share is
        share = float(values[0])
        return Variance(share * (1 - share) / count, math.inf)
    return rows


def _count(metric: str, outputs: Outputs, units: Tensor | None) -> int:
    """How many examples, or groups, of the fewest that a figure needs."""
    labels = outputs.labels
    if metric in ("sensitivity", "specificity"):
        kinds = [labels == (1 if metric == "sensitivity" else 0)]
    elif metric in ("auroc", "average_precision"):
        num_classes = 2 if outputs.task == "binary" else outputs.logits.shape[-1]
        kinds = [labels == number for number in range(num_classes)]
    else:
        kinds = [torch.ones_like(labels, dtype=torch.bool)]
    return min(int(kind.sum()) if units is None else len(units[kind].unique()) for kind in kinds)
