"""Empirical losses: one value per example. Whoever reduces divides the sum by the global count.

Functions are free of branches on tensor values and work under `torch.func.vmap`, so a stack may give every member its own
`pos_weight` and `label_smoothing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from src.choices import first_line, one_of

if TYPE_CHECKING:
    from torch import Tensor

# Axes: B batch, K classes.

Loss = Callable[["Tensor", "Tensor"], "Tensor"]  # (outputs, labels) -> one value per example


class Mix(NamedTuple):
    """What examples (..., B) are blended with: the labels of others, and the share that is an example's own."""

    labels: Tensor
    share: Tensor

    def split(self, sizes: list[int]) -> list[Mix]:
        """In parts of so many examples."""
        return [Mix(*parts) for parts in zip(self.labels.split(sizes), self.share.split(sizes), strict=True)]


def mixed(loss: Loss, mix: Mix | None) -> Loss:
    """`loss` of blended examples: s l(z, y) + (1 - s) l(z, y') (Zhang et al. 2018); without a mix `loss` itself."""
    if mix is None:
        return loss
    own, others = mix.share, mix.labels
    return lambda outputs, labels: own * loss(outputs, labels) + (1.0 - own) * loss(outputs, others)


def bce(
    logits: Tensor, labels: Tensor, *, pos_weight: float | Tensor | None = None, label_smoothing: float | Tensor = 0.0
) -> Tensor:
    """Binary cross-entropy of logits (..., B) with labels 0 or 1: -[w y log s(z) + (1 - y) log(1 - s(z))], shape (..., B).

    `label_smoothing` e moves the labels to y (1 - e) + e / 2. Computed from log-sigmoids, so it stays finite for any logit.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    targets = labels.to(logits.dtype) * (1.0 - label_smoothing) + 0.5 * label_smoothing
    weight = None if pos_weight is None else torch.as_tensor(pos_weight, dtype=logits.dtype, device=logits.device)
    return binary_cross_entropy_with_logits(logits, targets, pos_weight=weight, reduction="none")


def cross_entropy(logits: Tensor, labels: Tensor, *, label_smoothing: float | Tensor = 0.0) -> Tensor:
    """Cross-entropy of logits (..., B, K) with class numbers (..., B); `label_smoothing` e spreads e over all K classes."""
    log_probabilities = logits.log_softmax(-1)
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
    return (0.5 * error**2).where(error <= 1.0, error - 0.5)


def perceptron(logits: Tensor, labels: Tensor) -> Tensor:
    """Perceptron criterion (step(z) - y) z, the step taken as a constant and step(0) = 1.

    Its gradient is Rosenblatt's correction, so SGD with batches of one example is Rosenblatt's learning rule.
    """
    return ((logits >= 0).to(logits.dtype) - labels.to(logits.dtype)).detach() * logits


def of_sigmoid(error: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """An error between the probability of class 1 and the label."""
    return error(logits.sigmoid(), labels.to(logits.dtype))


def of_softmax(error: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """An error between the classes' probabilities and the one-hot label, summed over the classes."""
    import torch

    one_hot = (labels.unsqueeze(-1) == torch.arange(logits.shape[-1], device=labels.device)).to(logits.dtype)
    return error(logits.softmax(-1), one_hot).sum(-1)


@dataclass(frozen=True)
class EmpiricalLoss:
    """An entry of the table of losses: its function `of` each task, what that `takes`, and where it is the default."""

    purpose: str
    of: Mapping[str, Callable[..., Tensor]]
    takes: tuple[str, ...] = ()
    default_of: str | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.of)


def _of_error(error: Loss, default_of: str | None = None) -> EmpiricalLoss:
    """An error on every task: of a classification it compares the probabilities that the link makes of the logits."""
    of: dict[str, Loss] = {
        "binary": partial(of_sigmoid, error),
        "multiclass": partial(of_softmax, error),
        "regression": error,
    }
    return EmpiricalLoss(first_line(error), of, default_of=default_of)


LOSSES: dict[str, EmpiricalLoss] = {
    "bce": EmpiricalLoss(first_line(bce), {"binary": bce}, ("pos_weight", "label_smoothing"), default_of="binary"),
    "cross_entropy": EmpiricalLoss(
        first_line(cross_entropy), {"multiclass": cross_entropy}, ("label_smoothing",), default_of="multiclass"
    ),
    "mse": _of_error(mse, default_of="regression"),
    "mae": _of_error(mae),
    "huber": _of_error(huber),
    "perceptron": EmpiricalLoss(first_line(perceptron), {"binary": perceptron}),
}


def losses_for(task: str) -> dict[str, EmpiricalLoss]:
    """The losses that fit `task`."""
    return {name: loss for name, loss in LOSSES.items() if task in loss.tasks}


def losses_with(setting: str) -> list[str]:
    """The names of the losses that take `setting`."""
    return [name for name, loss in LOSSES.items() if setting in loss.takes]


def default_loss(task: str) -> str:
    """The name of the loss of a task that sets none."""
    return next(name for name, loss in LOSSES.items() if loss.default_of == task)


def per_example(
    name: str, task: str, *, pos_weight: float | Tensor | None = None, label_smoothing: float | Tensor = 0.0
) -> Loss:
    """The loss `name` for a `task` as a function (outputs, labels) -> one value per example (..., B).

    Outputs are logits (..., B), for a multiclass task (..., B, K), or the predictions of a regression. On a classification
    mse, mae and huber compare probabilities with the labels (one-hot, summed over the classes). Raises ValueError for a
    name that is no loss of the task.
    """
    fitting = losses_for(task)
    if name not in fitting:
        raise ValueError(f"loss: {one_of(fitting)} for a {task} task, but got {name!r}.")
    loss, given = fitting[name], {"pos_weight": pos_weight, "label_smoothing": label_smoothing}
    return partial(loss.of[task], **{setting: given[setting] for setting in loss.takes})
