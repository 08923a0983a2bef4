"""Stochastic gradient descent: each step goes against the gradient of a batch (Robbins and Monro 1951)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's SGD."""
    from torch import optim

    return optim.SGD(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """p -= lr g."""
    p.sub_(like(h.lr, p) * decayed(g, p, h))


OPTIMIZER = Optimizer(build, update)
