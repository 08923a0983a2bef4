"""Influence of each example on a figure of merit: what the variances of figures are made of, by rows, groups and seeds.

The influence of example i on a figure is the derivative of the figure by the weight of i, the others' being 1 (Hampel
1974); it sums to 0, and its squares sum to the figure's variance (infinitesimal jackknife: Jaeckel 1972; of the AUROC it is
that of DeLong et al. 1988). Leading axes as in `metrics`: (..., N) -> (..., N).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from src.metrics import Outputs

Influence = Callable[[Tensor, Tensor], Tensor]  # of scores (..., N) and labels (..., N)


def of_mean(values: Tensor) -> Tensor:
    """On the mean of `values`, one for each example."""
    values = values.double()
    return (values - values.mean(-1, keepdim=True)) / values.shape[-1]


def of_share(hits: Tensor, among: Tensor) -> Tensor:
    """On the share of `hits` among the examples that are `among`."""
    weights = among.double()
    count = weights.sum(-1, keepdim=True)
    return weights * (hits.double() - (hits.double() * weights).sum(-1, keepdim=True) / count) / count


def of_auroc(scores: Tensor, labels: Tensor) -> Tensor:
    """On the area under the ROC curve: a positive's share of negatives below it, a negative's of positives above, ties half."""
    positive = (labels == 1).double().expand_as(scores)
    ordered, order = scores.contiguous().sort(dim=-1)
    first = torch.searchsorted(ordered, ordered)
    past = torch.searchsorted(ordered, ordered, right=True)
    found = positive.gather(-1, order)
    counts = torch.cat([torch.zeros_like(found[..., :1]), found.cumsum(-1)], dim=-1)  # positives in front of each place
    below, through = counts.gather(-1, first), counts.gather(-1, past)
    num_positive, num_negative = found.sum(-1, keepdim=True), (1.0 - found).sum(-1, keepdim=True)
    positives_below = 0.5 * (below + through)
    negatives_below = 0.5 * (first + past) - positives_below
    placed = torch.where(found == 1, negatives_below / num_negative, 1.0 - positives_below / num_positive)
    area = (placed * found).sum(-1, keepdim=True) / num_positive
    values = (placed - area) / torch.where(found == 1, num_positive, num_negative)
    return torch.empty_like(values).scatter_(-1, order, values)


def of_average_precision(scores: Tensor, labels: Tensor) -> Tensor:
    """On the area under the precision-recall steps: through its own precision, and through that of the positives below it."""
    ordered, order = scores.sort(dim=-1, descending=True)
    hits = (labels == 1).double().expand_as(scores).gather(-1, order)
    rising = -ordered.contiguous()
    first, last = torch.searchsorted(rising, rising), torch.searchsorted(rising, rising, right=True) - 1
    precision = (hits.cumsum(-1) / torch.arange(1, hits.shape[-1] + 1)).gather(-1, last)
    called = (last + 1).double()

    def at_or_below(values: Tensor) -> Tensor:
        """The sum of `values` over this example's tie and all lower scores."""
        sums = values.flip(-1).cumsum(-1).flip(-1)
        return sums.gather(-1, first)

    num_positive = hits.sum(-1, keepdim=True)
    average = (precision * hits).sum(-1, keepdim=True) / num_positive
    raised = hits * at_or_below(hits / called) - at_or_below(hits * precision / called)
    values = (hits * (precision - average) + raised) / num_positive
    return torch.empty_like(values).scatter_(-1, order, values)


def of_r2(predictions: Tensor, targets: Tensor) -> Tensor:
    """On the share of the targets' variance that is explained."""
    targets = targets.double()
    squares = (predictions.double() - targets) ** 2
    spread = (targets - targets.mean(-1, keepdim=True)) ** 2
    total = spread.sum(-1, keepdim=True)
    return (squares.sum(-1, keepdim=True) / total * spread - squares) / total


def of_rmse(predictions: Tensor, targets: Tensor) -> Tensor:
    """On the root of the mean squared error."""
    squares = (predictions.double() - targets) ** 2
    return of_mean(squares) / (2 * squares.mean(-1, keepdim=True).sqrt())


def one_vs_rest(influence: Influence, scores: Tensor, labels: Tensor) -> Tensor:
    """On the mean over classes of a binary figure, each class against the others; scores (..., N, K)."""
    one_hot = labels.unsqueeze(-2) == torch.arange(scores.shape[-1]).unsqueeze(-1)  # (..., K, N)
    return influence(scores.transpose(-1, -2), one_hot.to(torch.int64)).mean(-2)


def _correct(outputs: Outputs, threshold: Tensor) -> Tensor:
    if outputs.task == "binary":
        return (outputs.probabilities.double() >= threshold) == (outputs.labels == 1)
    return outputs.logits.argmax(-1) == outputs.labels


def _called(outputs: Outputs, threshold: Tensor) -> Tensor:
    return outputs.probabilities.double() >= threshold


def _ranked(influence: Influence) -> Callable[[Outputs, Tensor], Tensor]:
    def of(outputs: Outputs, threshold: Tensor) -> Tensor:
        if outputs.task == "binary":
            return influence(outputs.logits, outputs.labels)
        return one_vs_rest(influence, outputs.probabilities, outputs.labels)

    return of


INFLUENCES: dict[str, Callable[[Outputs, Tensor], Tensor]] = {  # of outputs and a threshold, of probabilities
    "accuracy": lambda o, t: of_mean(_correct(o, t)),
    "sensitivity": lambda o, t: of_share(_called(o, t), o.labels == 1),
    "specificity": lambda o, t: of_share(~_called(o, t), o.labels == 0),
    "auroc": _ranked(of_auroc),
    "average_precision": _ranked(of_average_precision),
    "brier": lambda o, _: of_mean((o.probabilities.double() - o.labels) ** 2),
    "rmse": lambda o, _: of_rmse(o.logits, o.labels),
    "r2": lambda o, _: of_r2(o.logits, o.labels),
    "mae": lambda o, _: of_mean((o.logits.double() - o.labels).abs()),
}
