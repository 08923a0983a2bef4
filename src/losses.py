"""Empirical losses: one value per example. Whoever reduces divides the sum by the global count.

Functions are free of branches on tensor values and work under `torch.func.vmap`, so a stack may give every member its own
`pos_weight` and `label_smoothing`.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

# Axes: B batch, K classes.


def bce(
    logits: Tensor, labels: Tensor, *, pos_weight: float | Tensor | None = None, label_smoothing: float | Tensor = 0.0
) -> Tensor:
    """Binary cross-entropy of logits (..., B) with labels 0 or 1: -[w y log s(z) + (1 - y) log(1 - s(z))], shape (..., B).

    `label_smoothing` e moves the labels to y (1 - e) + e / 2. Computed from log-sigmoids, so it stays finite for any logit.
    """
    targets = labels.to(logits.dtype) * (1.0 - label_smoothing) + 0.5 * label_smoothing
    weight = None if pos_weight is None else torch.as_tensor(pos_weight, dtype=logits.dtype, device=logits.device)
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight, reduction="none")


def cross_entropy(logits: Tensor, labels: Tensor, *, label_smoothing: float | Tensor = 0.0) -> Tensor:
    """Cross-entropy of logits (..., B, K) with class numbers (..., B); `label_smoothing` e spreads e over all K classes."""
    log_probabilities = torch.log_softmax(logits, dim=-1)
    of_label = log_probabilities.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return -(1.0 - label_smoothing) * of_label - label_smoothing * log_probabilities.mean(-1)


def mse(predictions: Tensor, targets: Tensor) -> Tensor:
    """Squared error (p - y)^2."""
    return (predictions - targets) ** 2


def mae(predictions: Tensor, targets: Tensor) -> Tensor:
    """Absolute error |p - y|."""
    return (predictions - targets).abs()


def huber(predictions: Tensor, targets: Tensor) -> Tensor:
    """Huber's loss with threshold 1: half the squared error up to 1, |e| - 1/2 beyond (Huber 1964)."""
    error = (predictions - targets).abs()
    return torch.where(error <= 1.0, 0.5 * error**2, error - 0.5)


def perceptron(logits: Tensor, labels: Tensor) -> Tensor:
    """Perceptron criterion (step(z) - y) z, the step taken as a constant and step(0) = 1.

    Its gradient is Rosenblatt's correction, so SGD with batches of one example is Rosenblatt's learning rule.
    """
    return ((logits >= 0).to(logits.dtype) - labels.to(logits.dtype)).detach() * logits


# Of the predictions that a link makes of the logits, by task: what mse, mae and huber compare with the labels.
ERRORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse, "mae": mae, "huber": huber}

# (outputs, labels) -> one value per example
Loss = Callable[[Tensor, Tensor], Tensor]


def per_example(
    name: str, task: str, *, pos_weight: float | Tensor | None = None, label_smoothing: float | Tensor = 0.0
) -> Loss:
    """The loss `name` for a `task` as a function (outputs, labels) -> one value per example (..., B).

    Outputs are logits (..., B), for a multiclass task (..., B, K), or the predictions of a regression. On a classification
    mse, mae and huber compare probabilities with the labels (one-hot, summed over the classes).
    """
    table: dict[tuple[str, str], Loss] = {
        ("bce", "binary"): partial(bce, pos_weight=pos_weight, label_smoothing=label_smoothing),
        ("perceptron", "binary"): perceptron,
        ("cross_entropy", "multiclass"): partial(cross_entropy, label_smoothing=label_smoothing),
    }
    for key, error in ERRORS.items():
        table[key, "binary"] = partial(_of_sigmoid, error)
        table[key, "multiclass"] = partial(_of_softmax, error)
        table[key, "regression"] = error
    if (name, task) not in table:
        raise ValueError(
            f"loss: must be one of {', '.join(allowed_losses(task, table))} for a {task} task, but got {name!r}."
        )
    return table[name, task]


def allowed_losses(task: str, table: dict[tuple[str, str], Loss]) -> list[str]:
    """The names of the losses that fit `task`."""
    return [name for name, of_task in table if of_task == task]


def _of_sigmoid(error: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    return error(torch.sigmoid(logits), labels.to(logits.dtype))


def _of_softmax(error: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    one_hot = (labels.unsqueeze(-1) == torch.arange(logits.shape[-1], device=labels.device)).to(logits.dtype)
    return error(torch.softmax(logits, dim=-1), one_hot).sum(-1)
