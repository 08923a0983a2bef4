"""The perceptron g(W x + b), and the rule by which Rosenblatt trained it."""

import torch
from torch import Tensor, nn

from src.models.activations import activation as activation_called
from src.models.activations import step
from src.models.initialisers import linear
from src.randomness import Purpose, key


class Perceptron(nn.Module):
    """g(W x + b): one weighted sum and one activation per output (Rosenblatt 1958).

    Weights are drawn by the initialiser `init` from `seed`; the bias, if any, starts at 0. At x = 0 the output is g(b).
    With `activation="identity"` the outputs are logits, which is what the losses take.
    Raises ValueError for an unknown `activation` or `init`.
    """

    def __init__(
        self, num_features: int, num_outputs: int = 1, *, activation: str, init: str, bias: bool, seed: int
    ) -> None:
        super().__init__()
        self.activation = activation_called(activation)
        self.linear = linear(num_features, num_outputs, bias=bias, init=init, state=key(seed, Purpose.WEIGHTS, 0))

    @property
    def first_layer_weight(self) -> Tensor:
        """(num_outputs, num_features)."""
        return self.linear.weight

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs (B, ...), flattened to (B, num_features), to outputs (B, num_outputs)."""
        return self.activation(self.linear(inputs.flatten(1)))


def rosenblatt(
    weight: Tensor, bias: Tensor | None, inputs: Tensor, labels: Tensor, lr: float | Tensor
) -> tuple[Tensor, Tensor | None, Tensor]:
    """One pass of Rosenblatt's rule (1962, ch. 5): for each example in turn w += lr (y - step(w·x + b)) x, b likewise.

    `weight` (F,), `bias` () or None, `inputs` (N, F), `labels` (N,) 0 or 1. Gives the new weight, the new bias and the
    number of corrections, () int64: when it is 0, every example stands on its side and further passes change nothing.
    """
    corrections = torch.zeros((), dtype=torch.int64, device=weight.device)
    for x, y in zip(inputs.unbind(), labels.to(weight.dtype).unbind(), strict=True):
        score = weight @ x if bias is None else weight @ x + bias
        error = y - step(score)
        weight = weight + lr * error * x
        bias = None if bias is None else bias + lr * error
        corrections = corrections + (error != 0)
    return weight, bias, corrections
