"""RMSprop: each weight's step is divided by the root of a moving mean of its squared gradients (Hinton 2012)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's RMSprop."""
    from torch import optim

    return optim.RMSprop(parameters, foreach=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """s = 0.99 s + 0.01 g^2; b = mu b + g / (sqrt(s) + 1e-8); p -= lr b (not centred)."""
    g = decayed(g, p, h)
    root = state["square"].mul_(0.99).addcmul_(g, g, value=0.01).sqrt().add_(1e-8)
    buffer = state["buffer"].mul_(like(h.momentum, p)).add_(g / root)
    p.sub_(like(h.lr, p) * buffer)


OPTIMIZER = Optimizer(build, update, takes={"momentum": 0.0}, state=("square", "buffer"))
