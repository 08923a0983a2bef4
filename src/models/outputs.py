"""Outputs of models that are several in one: trained each on its own, asked together."""

from torch import Tensor
from torch.nn.functional import logsigmoid

from src.tasks import Task

# Axes: B rows, k models in one, O outputs.


def pooled(outputs: Tensor, task: Task) -> Tensor:
    """Outputs (B, O) as they are; those of several in one, (B, k, O), as one of each row: (B, O).

    Predictions of a regression and probabilities of classes are averaged (Gorishniy et al. 2025, section 3.2); the latter
    are given back as logits.
    """
    if outputs.ndim < 3:
        return outputs
    if task == "regression":
        return outputs.mean(-2)
    if task == "multiclass":
        return outputs.log_softmax(-1).logsumexp(-2)
    return logsigmoid(outputs).logsumexp(-2) - logsigmoid(-outputs).logsumexp(-2)
