"""Nesterov's momentum: the gradient as if it were taken a step ahead (Nesterov 1983; Sutskever et al. 2013)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's SGD with Nesterov's momentum."""
    from torch import optim

    return optim.SGD(parameters, fused=True, nesterov=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """b = mu b + g; p -= lr (g + mu b)."""
    g = decayed(g, p, h)
    buffer = state["buffer"].mul_(like(h.momentum, p)).add_(g)
    p.sub_(like(h.lr, p) * (g + like(h.momentum, p) * buffer))


OPTIMIZER = Optimizer(build, update, takes={"momentum": 0.9}, state=("buffer",))
