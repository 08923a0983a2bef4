"""Figures of merit from gathered scores, never an average of batches' averages. Any leading axes: (..., N) -> (...)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from src.choices import first_line
from src.tasks import TASKS

if TYPE_CHECKING:
    from torch import Tensor

# Axes: N examples, K classes. Labels are 0 or 1 (binary), class numbers (multiclass) or targets (regression).

Direction = Literal["minimize", "maximize"]


def auroc(scores: Tensor, labels: Tensor) -> Tensor:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half.

    By average ranks (Hanley and McNeil 1982). NaN where only one class occurs, or a score is NaN, which has no rank.
    """
    import torch

    ordered, order = scores.contiguous().sort(dim=-1)  # places are found in half the time in an order of their own
    ranks = torch.searchsorted(ordered, ordered) + torch.searchsorted(ordered, ordered, right=True)  # twice, less 1
    positive = labels.expand_as(scores).gather(-1, order).double()
    num_positive, num_negative = positive.sum(-1), (1.0 - positive).sum(-1)
    rank_sum = (0.5 * (ranks + 1).double() * positive).sum(-1)
    area = (rank_sum - 0.5 * num_positive * (num_positive + 1)) / (num_positive * num_negative)
    return area.masked_fill(scores.isnan().any(-1), torch.nan)


def average_precision(scores: Tensor, labels: Tensor) -> Tensor:
    """Area under the precision-recall steps, sum of (R_n - R_n-1) P_n over distinct thresholds; ties stand together.

    NaN where no positive occurs, or a score is NaN.
    """
    import torch

    ordered, order = scores.sort(dim=-1, descending=True)
    hits = labels.double().expand_as(scores).gather(-1, order)
    # Tied scores share one threshold: each example counts with the precision at the end of its tie.
    last = torch.searchsorted(-ordered.contiguous(), -ordered.contiguous(), right=True) - 1
    precision = (hits.cumsum(-1) / torch.arange(1, hits.shape[-1] + 1, device=hits.device)).gather(-1, last)
    return ((precision * hits).sum(-1) / hits.sum(-1)).masked_fill(scores.isnan().any(-1), torch.nan)


def accuracy(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of examples on the right side of `threshold`, at which they are positive.

    Here and below compared in float64: rounded to float32 a threshold may fall on one of the two scores that it lies between.
    """
    return ((probabilities.double() >= threshold) == (labels == 1)).double().mean(-1)


def sensitivity(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of the positives that are found (recall, true positive rate)."""
    positive = (labels == 1).double()
    return ((probabilities.double() >= threshold).double() * positive).sum(-1) / positive.sum(-1)


def specificity(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of the negatives that are left alone (true negative rate)."""
    negative = (labels == 0).double()
    return ((probabilities.double() < threshold).double() * negative).sum(-1) / negative.sum(-1)


def brier(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of the probability of class 1 (Brier 1950)."""
    return ((probabilities.double() - labels) ** 2).mean(-1)


def calibration_error(confidence: Tensor, correct: Tensor, num_bins: int = 15) -> Tensor:
    """Expected calibration error: |share correct - mean confidence| over equal bins of confidence (Guo et al. 2017, eq. 3)."""
    import torch

    bins = (confidence * num_bins).long().clamp(0, num_bins - 1)
    gap = torch.zeros(*confidence.shape[:-1], num_bins, dtype=torch.float64, device=confidence.device)
    gap.scatter_add_(-1, bins, (correct.double() - confidence.double()).expand_as(confidence))
    return gap.abs().sum(-1) / confidence.shape[-1]


def calibration_error_by_chance(confidence: Tensor, num_bins: int = 15) -> Tensor:
    """The calibration error that so many examples of a perfectly calibrated model are expected to have: to read one by.

    The mean distance of a binomial count from its mean (de Moivre 1730), over the same bins, each with its mean confidence.
    """
    import torch

    bins = (confidence * num_bins).long().clamp(0, num_bins - 1)
    shape = (*confidence.shape[:-1], num_bins)
    zeros = torch.zeros(shape, dtype=torch.float64, device=confidence.device)
    count = zeros.scatter_add(-1, bins, torch.ones_like(confidence, dtype=torch.float64))
    p = zeros.scatter_add(-1, bins, confidence.double()) / count.clamp(min=1)
    above = (count * p).floor().clamp(max=count - 1) + 1  # the least count above the mean
    rest = (count - above).clamp(min=0)
    choices = torch.lgamma(count + 1) - torch.lgamma(above + 1) - torch.lgamma(rest + 1)
    distance = 2 * above * torch.exp(choices + torch.xlogy(above, p) + torch.xlogy(rest + 1, 1 - p))
    return distance.where(count > 0, zeros).sum(-1) / confidence.shape[-1]


def rmse(predictions: Tensor, targets: Tensor) -> Tensor:
    """Root of the mean squared error, in the units of the target."""
    return ((predictions.double() - targets) ** 2).mean(-1).sqrt()


def r2(predictions: Tensor, targets: Tensor) -> Tensor:
    """Share of the targets' variance that is explained: 1 - SS_residual / SS_total."""
    targets = targets.double()
    total = ((targets - targets.mean(-1, keepdim=True)) ** 2).sum(-1)
    return 1.0 - ((predictions.double() - targets) ** 2).sum(-1) / total


def mae(predictions: Tensor, targets: Tensor) -> Tensor:
    """Mean absolute error, in the units of the target."""
    return (predictions.double() - targets).abs().mean(-1)


def one_vs_rest(metric: Callable[[Tensor, Tensor], Tensor], scores: Tensor, labels: Tensor) -> Tensor:
    """The mean over classes of a binary metric, each class against the others; scores (..., N, K), labels (..., N)."""
    import torch

    one_hot = labels.unsqueeze(-2) == torch.arange(scores.shape[-1], device=labels.device).unsqueeze(-1)  # (..., K, N)
    return metric(scores.transpose(-1, -2), one_hot.to(torch.int64)).mean(-1)


@dataclass(frozen=True)
class Outputs:
    """What a model gave for a split, logits (..., N) or (..., N, K) or a regression's predictions, and its labels (..., N)."""

    task: str
    logits: Tensor
    labels: Tensor

    @cached_property
    def probabilities(self) -> Tensor:
        """Of class 1 (..., N), or of each class (..., N, K)."""
        return self.logits.sigmoid() if self.task == "binary" else self.logits.softmax(-1)


@dataclass(frozen=True)
class Metric:
    """An entry of the table of metrics: which way is better, and how it is measured, `of` each task that has it.

    `each_epoch`: it is measured on val after each epoch, so a run may have it as its objective. `decision`: of a figure
    that depends on a threshold of probabilities (otherwise 0.5), the function of probabilities, labels and threshold.
    """

    purpose: str
    direction: Direction
    of: Mapping[str, Callable[[Outputs], Tensor]]
    each_epoch: bool = False
    decision: Callable[[Tensor, Tensor, float | Tensor], Tensor] | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.of)


def _error_of_the_chosen(confidence: Tensor, chosen: Tensor, labels: Tensor) -> Tensor:
    return calibration_error(confidence, chosen == labels)


METRICS: dict[str, Metric] = {
    "accuracy": Metric(
        first_line(accuracy),
        "maximize",
        {
            "binary": lambda o: accuracy(o.probabilities, o.labels),
            "multiclass": lambda o: (o.logits.argmax(-1) == o.labels).double().mean(-1),
        },
        each_epoch=True,
        decision=accuracy,
    ),
    "auroc": Metric(
        first_line(auroc),
        "maximize",
        {
            "binary": lambda o: auroc(o.logits, o.labels),
            "multiclass": lambda o: one_vs_rest(auroc, o.probabilities, o.labels),
        },
        each_epoch=True,
    ),
    "rmse": Metric(first_line(rmse), "minimize", {"regression": lambda o: rmse(o.logits, o.labels)}, each_epoch=True),
    "r2": Metric(first_line(r2), "maximize", {"regression": lambda o: r2(o.logits, o.labels)}, each_epoch=True),
    "mae": Metric(first_line(mae), "minimize", {"regression": lambda o: mae(o.logits, o.labels)}),
    "average_precision": Metric(
        first_line(average_precision),
        "maximize",
        {
            "binary": lambda o: average_precision(o.logits, o.labels),
            "multiclass": lambda o: one_vs_rest(average_precision, o.probabilities, o.labels),
        },
    ),
    "brier": Metric(first_line(brier), "minimize", {"binary": lambda o: brier(o.probabilities, o.labels)}),
    "calibration_error": Metric(
        first_line(calibration_error),
        "minimize",
        {
            "binary": lambda o: calibration_error(o.probabilities, o.labels),
            "multiclass": lambda o: _error_of_the_chosen(*o.probabilities.max(-1), o.labels),
        },
    ),
    "sensitivity": Metric(
        first_line(sensitivity),
        "maximize",
        {"binary": lambda o: sensitivity(o.probabilities, o.labels)},
        decision=sensitivity,
    ),
    "specificity": Metric(
        first_line(specificity),
        "maximize",
        {"binary": lambda o: specificity(o.probabilities, o.labels)},
        decision=specificity,
    ),
}


class Criterion(NamedTuple):
    """What a run may be judged by: which way is better, on which tasks, and whether each epoch has it."""

    purpose: str
    direction: Direction
    tasks: tuple[str, ...] = TASKS
    each_epoch: bool = True


OBJECTIVES: dict[str, Criterion] = {
    "val/loss": Criterion("The mean loss over val, dropout and augmentation off.", "minimize"),
    **{
        f"val/{name}": Criterion(metric.purpose, metric.direction, metric.tasks)
        for name, metric in METRICS.items()
        if metric.each_epoch
    },
    "num_params": Criterion("How many numbers training may change.", "minimize", each_epoch=False),
}
DIRECTIONS: dict[str, Direction] = {name: objective.direction for name, objective in OBJECTIVES.items()}


def objectives_for(task: str) -> list[str]:
    """The names of the objectives that a task has."""
    return [name for name, objective in OBJECTIVES.items() if task in objective.tasks]


def evaluate(task: str, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """The figures of one epoch: accuracy and AUROC, or RMSE and R2. Logits (..., N), multiclass (..., N, K)."""
    outputs = Outputs(task, logits, labels)
    return {
        name: metric.of[task](outputs) for name, metric in METRICS.items() if task in metric.of and metric.each_epoch
    }


def full_report(task: str, logits: Tensor, labels: Tensor, threshold: float | None = None) -> dict[str, Tensor]:
    """Every figure of a task; with a `threshold`, a binary task's decisions at it stand beside those at 0.5.

    Beside the calibration error stands what chance alone would make of it.
    """
    outputs = Outputs(task, logits, labels)
    report = {name: metric.of[task](outputs) for name, metric in METRICS.items() if task in metric.of}
    if "calibration_error" in report:
        confidence = outputs.probabilities if task == "binary" else outputs.probabilities.max(-1).values
        report["calibration_error_by_chance"] = calibration_error_by_chance(confidence)
    if threshold is None or task != "binary":
        return report
    decisions = {name: metric.decision for name, metric in METRICS.items() if metric.decision is not None}
    at_threshold = {
        f"{name}_at_threshold": decide(outputs.probabilities, labels, threshold) for name, decide in decisions.items()
    }
    return report | at_threshold
