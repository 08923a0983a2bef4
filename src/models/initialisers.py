"""Initial weights as pure functions of a key: no generator is drawn from.

Each takes a key of `src.randomness`, fan_out and fan_in, and gives a float64 weight (fan_out, fan_in) on the key's
device. Normals are not truncated (as in PyTorch, not as in Keras), and no gain is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING

from src import randomness
from src.choices import chosen
from src.memory import check_fits

if TYPE_CHECKING:
    from torch import Tensor, nn

Initialiser = Callable[["Tensor", int, int], "Tensor"]

BYTES = 48  # of a weight, at most, while it is drawn


def normal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """N(0, 0.05²), whatever the fans (Keras's RandomNormal)."""
    return 0.05 * _normal(state, fan_out, fan_in)


def uniform(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """U[-0.05, 0.05), whatever the fans (Keras's RandomUniform)."""
    return _symmetric(state, fan_out, fan_in, 0.05)


def glorot_normal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """N(0, 2 / (in + out)): a compromise between forward and backward variance (Glorot and Bengio 2010, eq. 12)."""
    return sqrt(2.0 / (fan_in + fan_out)) * _normal(state, fan_out, fan_in)


def glorot_uniform(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """U[-a, a) with a = sqrt(6 / (in + out)) (Glorot and Bengio 2010, eq. 16)."""
    return _symmetric(state, fan_out, fan_in, sqrt(6.0 / (fan_in + fan_out)))


def he_normal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """N(0, 2 / in): keeps the variance of ReLU layers (He et al. 2015, eq. 10)."""
    return sqrt(2.0 / fan_in) * _normal(state, fan_out, fan_in)


def he_uniform(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """U[-a, a) with a = sqrt(6 / in): the variance 2 / in of He et al. 2015, eq. 10."""
    return _symmetric(state, fan_out, fan_in, sqrt(6.0 / fan_in))


def lecun_normal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """N(0, 1 / in) (LeCun et al. 1998, Efficient BackProp, eq. 16); SELU needs it (Klambauer et al. 2017)."""
    return sqrt(1.0 / fan_in) * _normal(state, fan_out, fan_in)


def orthogonal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """Orthonormal rows (out <= in) or columns (out > in), uniformly among all such (Saxe et al. 2014).

    The Q of a QR of normals, its columns' signs set by R's diagonal (Mezzadri 2007, section 5), else it is not uniform.
    """
    import torch

    tall = _normal(state, max(fan_out, fan_in), min(fan_out, fan_in))
    q, r = torch.linalg.qr(tall)
    q = q * torch.where(r.diagonal() < 0, -1.0, 1.0)
    return q if fan_out >= fan_in else q.T


def zeros(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    """All 0: right for a single perceptron; hidden units of an MLP would stay equal for ever."""
    import torch

    return torch.zeros(fan_out, fan_in, dtype=torch.float64, device=state.device)


INITIALISERS: dict[str, Initialiser] = {
    draw.__name__: draw
    for draw in (
        normal,
        uniform,
        glorot_normal,
        glorot_uniform,
        he_normal,
        he_uniform,
        lecun_normal,
        orthogonal,
        zeros,
    )
}


def initialiser(name: str) -> Initialiser:
    """The initialiser called `name`. Raises ValueError, listing the known ones, for any other name."""
    return chosen("init", INITIALISERS, name)


def linear(fan_in: int, fan_out: int, *, bias: bool, init: str, state: Tensor) -> nn.Linear:
    """A linear layer in the default dtype: weight drawn by `init` with the key `state`, bias zero.

    Unlike `nn.Linear(...)` it leaves torch's global generator as it was.
    """
    import torch
    from torch import nn

    weight, dtype = initialiser(init)(state, fan_out, fan_in), torch.get_default_dtype()
    layer = nn.Linear(fan_in, fan_out, bias=bias, device="meta")  # where nothing is drawn
    layer.weight = nn.Parameter(weight.to(dtype))
    if bias:
        layer.bias = nn.Parameter(torch.zeros(fan_out, dtype=dtype, device=weight.device))
    return layer


def convolution(in_channels: int, out_channels: int, kernel_size: int, *, init: str, state: Tensor) -> nn.Conv2d:
    """A square convolution that keeps the size of images, in the default dtype: weight by `init` with `state`, bias zero.

    fan_in counts channels and places, as in He et al. 2015; fan_out channels alone, unlike PyTorch. `kernel_size` is odd.
    """
    import torch
    from torch import nn

    weight, dtype = initialiser(init)(state, out_channels, in_channels * kernel_size**2), torch.get_default_dtype()
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, device="meta")
    layer.weight = nn.Parameter(weight.to(dtype).unflatten(1, (in_channels, kernel_size, kernel_size)))
    layer.bias = nn.Parameter(torch.zeros(out_channels, dtype=dtype, device=weight.device))
    return layer


def _normal(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    return randomness.normal(state, _indices(state, fan_out, fan_in))


def _symmetric(state: Tensor, fan_out: int, fan_in: int, bound: float) -> Tensor:
    return bound * (2.0 * randomness.uniform(state, _indices(state, fan_out, fan_in)) - 1.0)


def _indices(state: Tensor, fan_out: int, fan_in: int) -> Tensor:
    import torch

    check_fits("model", BYTES * fan_out * fan_in)
    return torch.arange(fan_out * fan_in, device=state.device).view(fan_out, fan_in)
