"""Stochastic gradient descent: each step goes against the gradient of a batch (Robbins and Monro 1951)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Numbers, Optimizer, Parts, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's SGD."""
    from torch import optim

    return optim.SGD(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """p -= lr g."""
    p.sub_(like(h.lr, p) * decayed(g, p, h))


def fused(p: Parts, g: Parts, state: dict[str, Parts], steps: Parts, n: Numbers) -> None:
    """`update` by torch's kernel."""
    kernel(p, g, [], n, momentum=0.0, nesterov=False)


def kernel(p: Parts, g: Parts, buffers: Parts, n: Numbers, *, momentum: float, nesterov: bool) -> None:
    """The kernel that all kinds of SGD share; without momentum it takes no buffers."""
    import torch

    torch._fused_sgd_(
        p,
        g,
        buffers if momentum > 0 else [],
        weight_decay=n.weight_decay,
        momentum=momentum,
        lr=n.lr,
        dampening=0.0,
        nesterov=nesterov,
        maximize=False,
        is_first_step=False,
    )


OPTIMIZER = Optimizer(build, update, fused=fused)
