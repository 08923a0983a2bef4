"""What an optimizer is: torch's own for one model, and the same rule for a stack of models."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from src.choices import first_line

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer as TorchOptimizer

# Axes: S slots of a stack, then the axes of a parameter.

State = dict[str, "Tensor"]
Update = Callable[["Tensor", "Tensor", State, "Hyper"], None]  # parameter, gradient, state: in place


@dataclass(frozen=True)
class Hyper:
    """Hyperparameters of one step of a stack, (S,) each; `step` counts from 1."""

    lr: Tensor
    step: Tensor
    weight_decay: Tensor | None  # None: no member has any
    momentum: Tensor
    beta1: Tensor
    beta2: Tensor


@dataclass(frozen=True)
class Optimizer:
    """An entry of the table of optimizers.

    `build(parameters, lr=, weight_decay=, ...)` gives torch's, with all that it `takes` beside these two, here with its
    defaults. `update` is the same rule with one entry per member of a stack, keeping `state`: tensors of zeros like the
    parameter, by name; and `per_member`: one number a member, in float32 as torch keeps it, with its first value.
    """

    build: Callable[..., TorchOptimizer]
    update: Update
    takes: Mapping[str, Any] = field(default_factory=dict)
    state: tuple[str, ...] = ()
    per_member: Mapping[str, float] = field(default_factory=dict)

    @property
    def purpose(self) -> str:
        """The head of its file."""
        return first_line(sys.modules[self.update.__module__])


def like(values: Tensor, p: Tensor) -> Tensor:
    """Numbers (S,) for parameter `p` (S, ...)."""
    return values.to(p.dtype).view(-1, *[1] * (p.ndim - 1))


def decayed(g: Tensor, p: Tensor, h: Hyper) -> Tensor:
    """The gradient with that of the weight decay."""
    return g if h.weight_decay is None else g + like(h.weight_decay, p) * p
