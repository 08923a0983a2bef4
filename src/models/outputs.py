"""Outputs of models that are several in one: trained each on its own, asked together."""

import math

from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from src.losses import Loss
from src.tasks import Task

# Axes: B rows, k models in one, O outputs.


def pooled(outputs: Tensor, task: Task) -> Tensor:
    """Outputs (B, O) as they are; those of several in one, (B, k, O), as one of each row: (B, O).

    Predictions of a regression and probabilities of classes are averaged (Gorishniy et al. 2025, section 3.2); the latter
    are given back as logits.
    """
    return outputs if outputs.ndim < 3 else mean_outputs(outputs.movedim(-2, 0), task)


def mean_outputs(outputs: Tensor, task: Task) -> Tensor:
    """Of several models, or views, over the first axis of outputs (M, ...), of a multiclass task (M, ..., K).

    The mean prediction of a regression; else the logits of the mean probabilities, of several classes their logarithms.
    Computed from logarithms, so finite logits give finite ones.
    """
    if task == "regression":
        return outputs.mean(0)
    if task == "multiclass":
        return _log_mean(outputs.log_softmax(-1))
    return _log_mean(logsigmoid(outputs)) - _log_mean(logsigmoid(-outputs))


def squeezed(outputs: Tensor, task: Task) -> Tensor:
    """Outputs (..., B, O) as losses and metrics take them: of a multiclass task as they are, else O = 1 and (..., B)."""
    return outputs if task == "multiclass" else outputs.squeeze(-1)


def row_losses(loss: Loss, outputs: Tensor, labels: Tensor, task: Task) -> Tensor:
    """The loss of each row (..., B), of outputs (..., B, O); of several in one, (..., B, k, O), the mean of their k losses.

    So each of the k is trained by itself: it is not the loss of what they give together (Gorishniy et al. 2025, section 3.2).
    """
    if outputs.ndim == labels.ndim + 1:
        return loss(squeezed(outputs, task), labels)
    k = outputs.shape[
        -2
    ]  # each of them as rows of its own: a loss may have figures of members, which come before the rows
    of_each = loss(squeezed(outputs.flatten(-3, -2), task), labels.repeat_interleave(k, -1))
    return of_each.unflatten(-1, (-1, k)).mean(-1)


def numbers_per_row(model: nn.Module, num_features: int) -> int:
    """The most numbers made of an input of `num_features`, as far as `model` says: these decide how many fit in memory."""
    return max(num_features, getattr(model, "numbers_per_row", 0))


def _log_mean(logs: Tensor) -> Tensor:
    """log of the mean of exp, over the first axis."""
    return (logs - math.log(len(logs))).logsumexp(0)
