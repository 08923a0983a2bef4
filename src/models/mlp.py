"""The multilayer perceptron."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn

from src.models.activations import activation as activation_called
from src.models.dropout import Dropout
from src.models.initialisers import linear
from src.randomness import Purpose, key

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": nn.Identity,
    "layer": nn.LayerNorm,  # over the layer's units, eps 1e-5 (Ba et al. 2016, eq. 3)
}


class HiddenLayer(nn.Module):
    """linear -> norm -> activation -> dropout, (B, I) to (B, O)."""

    def __init__(self, linear: nn.Linear, norm: nn.Module, activation: Callable[[Tensor], Tensor], dropout: nn.Module):
        super().__init__()
        self.linear, self.norm, self.activation, self.dropout = linear, norm, activation, dropout

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.dropout(self.activation(self.norm(self.linear(inputs))))
        return outputs


class MLP(nn.Module):
    """Hidden layers of `widths` units, then a linear layer that gives logits; without widths a linear model.

    The weights of layer l (from 0, the output layer last) are drawn by `init` with the key (seed, WEIGHTS, l), biases
    are 0, in the default dtype. `dropout` is the rate after each activation, 0 for none; `norm` is "layer" or "none",
    which None also means. Raises ValueError for an unknown name, a width below 1 or a rate outside [0, 1).
    """

    def __init__(
        self,
        num_features: int,
        num_outputs: int,
        *,
        widths: Sequence[int],
        activation: str,
        init: str,
        bias: bool,
        dropout: float,
        norm: str | None,
        seed: int,
    ) -> None:
        super().__init__()
        if any(width < 1 for width in widths):
            raise ValueError(f"widths: every layer must have at least 1 unit, but got {list(widths)}.")
        norm = norm or "none"
        if norm not in NORMS:
            raise ValueError(f"norm: must be one of {', '.join(NORMS)}, but got {norm!r}.")
        sizes = [num_features, *widths, num_outputs]
        *hidden, output = (
            linear(fan_in, fan_out, bias=bias, init=init, state=key(seed, Purpose.WEIGHTS, layer))
            for layer, (fan_in, fan_out) in enumerate(pairwise(sizes))
        )
        g = activation_called(activation)
        self.hidden = nn.ModuleList(
            HiddenLayer(weights, NORMS[norm](width), g, Dropout(dropout, seed, layer, width))
            for layer, (weights, width) in enumerate(zip(hidden, widths, strict=True))
        )
        self.output = output

    @property
    def first_layer_weight(self) -> Tensor:
        """(units, num_features): the first hidden layer's weight, the output layer's where there is none."""
        first = self.hidden[0].linear if len(self.hidden) else self.output
        assert isinstance(first, nn.Linear)
        return first.weight

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs (B, ...), flattened to (B, num_features), to logits (B, num_outputs)."""
        x = inputs.flatten(1)
        for layer in self.hidden:
            x = layer(x)
        logits: Tensor = self.output(x)
        return logits
