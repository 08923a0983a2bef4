"""Adagrad: each weight's step shrinks with the squares of all its gradients so far (Duchi et al. 2011)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's Adagrad."""
    from torch import optim

    return optim.Adagrad(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """s += g^2; p -= lr g / (sqrt(s) + 1e-10)."""
    g = decayed(g, p, h)
    root = state["square"].addcmul_(g, g).sqrt().add_(1e-10)
    p.sub_((like(h.lr, p) * g).div_(root))


OPTIMIZER = Optimizer(build, update, state=("square",))
