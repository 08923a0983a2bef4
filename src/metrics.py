"""Figures of merit from gathered scores, never an average of batches' averages. Any leading axes: (..., N) -> (...)."""

from collections.abc import Callable

import torch
from torch import Tensor

# Axes: N examples, K classes. Labels are 0 or 1 (binary), class numbers (multiclass) or targets (regression).

DIRECTIONS = {
    "val/loss": "minimize",
    "val/accuracy": "maximize",
    "val/auroc": "maximize",
    "val/rmse": "minimize",
    "val/r2": "maximize",
    "num_params": "minimize",
}


def auroc(scores: Tensor, labels: Tensor) -> Tensor:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half.

    By average ranks (Hanley and McNeil 1982). NaN where only one class occurs.
    """
    scores = scores.contiguous()
    ordered = scores.sort(dim=-1).values.contiguous()
    ranks = torch.searchsorted(ordered, scores) + torch.searchsorted(
        ordered, scores, right=True
    )  # twice the rank, less 1
    positive = labels.to(torch.float64)
    num_positive, num_negative = positive.sum(-1), (1.0 - positive).sum(-1)
    rank_sum = (0.5 * (ranks + 1).double() * positive).sum(-1)
    return (rank_sum - 0.5 * num_positive * (num_positive + 1)) / (num_positive * num_negative)


def average_precision(scores: Tensor, labels: Tensor) -> Tensor:
    """Area under the precision-recall steps, sum of (R_n - R_n-1) P_n over distinct thresholds; ties stand together."""
    ordered, order = scores.sort(dim=-1, descending=True)
    hits = labels.to(torch.float64).expand_as(scores).gather(-1, order)
    # Tied scores share one threshold: each example counts with the precision at the end of its tie.
    last = torch.searchsorted(-ordered.contiguous(), -ordered.contiguous(), right=True) - 1
    precision = (hits.cumsum(-1) / torch.arange(1, hits.shape[-1] + 1, device=hits.device)).gather(-1, last)
    return (precision * hits).sum(-1) / hits.sum(-1)


def accuracy(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of examples on the right side of `threshold`."""
    return ((probabilities >= threshold) == (labels == 1)).double().mean(-1)


def sensitivity(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of the positives that are found (recall, true positive rate)."""
    positive = (labels == 1).double()
    return ((probabilities >= threshold).double() * positive).sum(-1) / positive.sum(-1)


def specificity(probabilities: Tensor, labels: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """Share of the negatives that are left alone (true negative rate)."""
    negative = (labels == 0).double()
    return ((probabilities < threshold).double() * negative).sum(-1) / negative.sum(-1)


def brier(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of the probability of class 1 (Brier 1950)."""
    return ((probabilities.double() - labels) ** 2).mean(-1)


def calibration_error(confidence: Tensor, correct: Tensor, num_bins: int = 15) -> Tensor:
    """Expected calibration error: |share correct - mean confidence| over equal bins of confidence (Guo et al. 2017, eq. 3)."""
    bins = (confidence * num_bins).long().clamp(0, num_bins - 1)
    gap = torch.zeros(*confidence.shape[:-1], num_bins, dtype=torch.float64, device=confidence.device)
    gap.scatter_add_(-1, bins, (correct.double() - confidence.double()).expand_as(confidence))
    return gap.abs().sum(-1) / confidence.shape[-1]


def rmse(predictions: Tensor, targets: Tensor) -> Tensor:
    """Root of the mean squared error, in the units of the target."""
    return ((predictions.double() - targets) ** 2).mean(-1).sqrt()


def r2(predictions: Tensor, targets: Tensor) -> Tensor:
    """Share of the targets' variance that is explained: 1 - SS_residual / SS_total."""
    targets = targets.double()
    total = ((targets - targets.mean(-1, keepdim=True)) ** 2).sum(-1)
    return 1.0 - ((predictions.double() - targets) ** 2).sum(-1) / total


def one_vs_rest(metric: Callable[[Tensor, Tensor], Tensor], scores: Tensor, labels: Tensor) -> Tensor:
    """The mean over classes of a binary metric, each class against the others; scores (..., N, K), labels (..., N)."""
    one_hot = labels.unsqueeze(-2) == torch.arange(scores.shape[-1], device=labels.device).unsqueeze(-1)  # (..., K, N)
    return metric(scores.transpose(-1, -2), one_hot.to(torch.int64)).mean(-1)


def evaluate(task: str, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """The figures of one epoch: accuracy and AUROC, or RMSE and R2. Logits (..., N), multiclass (..., N, K)."""
    if task == "regression":
        return {"rmse": rmse(logits, labels), "r2": r2(logits, labels)}
    if task == "binary":
        return {"accuracy": accuracy(torch.sigmoid(logits), labels), "auroc": auroc(logits, labels)}
    return {
        "accuracy": (logits.argmax(-1) == labels).double().mean(-1),
        "auroc": one_vs_rest(auroc, logits.softmax(-1), labels),
    }


def full_report(task: str, logits: Tensor, labels: Tensor, threshold: float | None = None) -> dict[str, Tensor]:
    """Every figure of a task; with a `threshold`, a binary task's decisions at it stand beside those at 0.5."""
    report = evaluate(task, logits, labels)
    if task == "regression":
        return {**report, "mae": (logits.double() - labels).abs().mean(-1)}
    if task == "multiclass":
        probabilities = logits.softmax(-1)
        confidence, chosen = probabilities.max(-1)
        report["average_precision"] = one_vs_rest(average_precision, probabilities, labels)
        report["calibration_error"] = calibration_error(confidence, chosen == labels)
        return report
    probabilities = torch.sigmoid(logits)
    report["average_precision"] = average_precision(logits, labels)
    report["brier"] = brier(probabilities, labels)
    report["calibration_error"] = calibration_error(probabilities, labels)
    report |= {"sensitivity": sensitivity(probabilities, labels), "specificity": specificity(probabilities, labels)}
    if threshold is not None:
        for metric in (accuracy, sensitivity, specificity):
            report[f"{metric.__name__}_at_threshold"] = metric(probabilities, labels, threshold)
    return report
