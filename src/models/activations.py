"""Activation functions g(z), elementwise, by the literature's name."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Activation = Callable[[Tensor], Tensor]


def identity(z: Tensor) -> Tensor:
    """g(z) = z."""
    return z


def step(z: Tensor) -> Tensor:
    """g(z) = 1 where z >= 0, else 0 (Rosenblatt 1958). Its gradient is zero everywhere, the step at 0 included."""
    # Built from sign and ceil, since a comparison would cut the graph where autograd should see a zero.
    return torch.ceil(0.5 * (torch.sign(z) + 1.0))


ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "step": step,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,  # slope 0.01 below 0 (Maas et al. 2013)
    "elu": F.elu,  # alpha = 1 (Clevert et al. 2016, eq. 15)
    "selu": F.selu,  # Klambauer et al. 2017, eq. 2
    "gelu": F.gelu,  # z Phi(z), not its tanh approximation (Hendrycks and Gimpel 2016)
    "silu": F.silu,  # z sigmoid(z)
    "softplus": F.softplus,  # log(1 + exp(z)); torch gives z itself above 20, off by at most 2e-9
}


def activation(name: str) -> Activation:
    """The activation called `name`. Raises ValueError, listing the known ones, for any other name."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation: must be one of {', '.join(ACTIVATIONS)}, but got {name!r}.")
    return ACTIVATIONS[name]
