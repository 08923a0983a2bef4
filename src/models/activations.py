"""Activation functions g(z), elementwise, by the literature's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from src.choices import chosen

if TYPE_CHECKING:
    from torch import Tensor

Activation = Callable[["Tensor"], "Tensor"]


def identity(z: Tensor) -> Tensor:
    """g(z) = z."""
    return z


def step(z: Tensor) -> Tensor:
    """g(z) = 1 where z >= 0, else 0 (Rosenblatt 1958). Its gradient is zero everywhere, the step at 0 included."""
    # Built from sign and ceil, since a comparison would cut the graph where autograd should see a zero.
    return (0.5 * (z.sign() + 1.0)).ceil()


def sigmoid(z: Tensor) -> Tensor:
    """g(z) = 1 / (1 + exp(-z))."""
    return z.sigmoid()


def tanh(z: Tensor) -> Tensor:
    """g(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))."""
    return z.tanh()


def relu(z: Tensor) -> Tensor:
    """g(z) = max(z, 0)."""
    return z.relu()


def leaky_relu(z: Tensor) -> Tensor:
    """g(z) = z where z > 0, else 0.01 z (Maas et al. 2013)."""
    from torch.nn import functional

    return functional.leaky_relu(z)


def elu(z: Tensor) -> Tensor:
    """g(z) = z where z > 0, else exp(z) - 1 (Clevert et al. 2016, eq. 15, alpha = 1)."""
    from torch.nn import functional

    return functional.elu(z)


def selu(z: Tensor) -> Tensor:
    """g(z) = 1.0507 z where z > 0, else 1.7581 (exp(z) - 1): keeps mean 0 and variance 1 (Klambauer et al. 2017, eq. 2)."""
    from torch.nn import functional

    return functional.selu(z)


def gelu(z: Tensor) -> Tensor:
    """g(z) = z Phi(z), Phi the normal distribution and not its tanh approximation (Hendrycks and Gimpel 2016)."""
    from torch.nn import functional

    return functional.gelu(z)


def silu(z: Tensor) -> Tensor:
    """g(z) = z sigmoid(z)."""
    from torch.nn import functional

    return functional.silu(z)


def softplus(z: Tensor) -> Tensor:
    """g(z) = log(1 + exp(z)); torch gives z itself above 20, off by at most 2e-9."""
    from torch.nn import functional

    return functional.softplus(z)


ACTIVATIONS: dict[str, Activation] = {
    g.__name__: g for g in (identity, step, sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, silu, softplus)
}


def activation(name: str) -> Activation:
    """The activation called `name`. Raises ValueError, listing the known ones, for any other name."""
    return chosen("activation", ACTIVATIONS, name)
