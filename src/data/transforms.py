"""Standardisation: by figures fitted on train only, or each example by its own."""

import math
from dataclasses import dataclass
from typing import Any, Self, get_args

import torch
from torch import Tensor

from src import fields

AT_ONCE = 2**26  # numbers that are summed at once, as float64
PIECE = 2**22  # numbers that are standardised at once

# Over which axes of (N, features...) the mean and sd are taken. None: not fitted, taken from each example.
STANDARDIZE = get_args(fields.Standardize)


@dataclass(frozen=True)
class Standardize:
    """(x - mean) / sd. `features`: each by its own figures; `channels`: each channel; `images`: each example by its own.

    Exposure varies from film to film, so `images` suits radiographs. Features that are constant on train keep sd 1.
    """

    how: str
    mean: Tensor
    sd: Tensor

    @classmethod
    def fit(cls, inputs: Tensor, how: str) -> Self:
        """Fit on `inputs` (N, ...), the training examples."""
        if how not in STANDARDIZE:
            raise ValueError(f"data.standardize: must be one of {', '.join(STANDARDIZE)}, but got {how!r}.")
        if how == "channels" and inputs.ndim != 4:
            raise ValueError(
                f"data.standardize: channels needs images (N, C, H, W), but got shape {tuple(inputs.shape)}."
            )
        if how in ("none", "images"):
            return cls(how, torch.zeros(()), torch.ones(()))
        sd, mean = _std_mean(inputs, (0,) if how == "features" else (0, 2, 3))
        return cls(how, mean[0], torch.where(sd > 0, sd, 1.0)[0])

    def of_all(self, inputs: Tensor, dtype: torch.dtype, device: torch.device | None = None) -> Tensor:
        """`inputs` (N, ...) standardised as `dtype`, on `device`, piece by piece: little is held beside the result."""
        device = device or inputs.device
        whole, size = torch.empty(inputs.shape, dtype=dtype, device=device), max(1, PIECE // inputs[0].numel())
        for into, piece in zip(whole.split(size), inputs.split(size), strict=True):
            into.copy_(self(piece.to(device, dtype)))
        return whole

    def state(self) -> dict[str, Any]:
        """Plain values and tensors that make an equal one."""
        return {"how": self.how, "mean": self.mean.cpu(), "sd": self.sd.cpu()}

    def __call__(self, inputs: Tensor) -> Tensor:
        """Standardised floats of the shape of `inputs` (..., B, features...); uint8 becomes the default dtype."""
        inputs = inputs if inputs.is_floating_point() else inputs.to(torch.get_default_dtype())
        if self.how == "none":
            return inputs
        if self.how == "images":
            axes = (-3, -2, -1) if inputs.ndim >= 4 else (-1,)
            centred = inputs - inputs.mean(axes, keepdim=True)  # two passes: 8 times faster than std_mean on CPUs
            size = math.prod(centred.shape[axes[0] :])
            return centred.div_(torch.linalg.vector_norm(centred, dim=axes, keepdim=True) / math.sqrt(size) + 1e-6)
        return (inputs - self.mean.to(inputs)) / self.sd.to(inputs)


def _std_mean(inputs: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """sd and mean over `axes`, the first among them, in float64; of many numbers in two passes over chunks of rows."""
    if inputs.numel() <= AT_ONCE:
        return torch.std_mean(inputs.double(), dim=axes, correction=0, keepdim=True)
    pieces, count = inputs.split(max(1, AT_ONCE // inputs[0].numel())), math.prod(inputs.shape[axis] for axis in axes)
    mean = sum((piece.double().sum(axes, keepdim=True) for piece in pieces), torch.zeros(())) / count
    squares = sum(((piece.double() - mean).square_().sum(axes, keepdim=True) for piece in pieces), torch.zeros(()))
    return (squares / count).sqrt(), mean
