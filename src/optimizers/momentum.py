"""SGD with momentum: steps along a running sum of gradients (Polyak 1964; Sutskever et al. 2013)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's SGD with a momentum."""
    from torch import optim

    return optim.SGD(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """b = mu b + g; p -= lr b (Sutskever et al. 2013, torch's form: no dampening)."""
    buffer = state["buffer"].mul_(like(h.momentum, p)).add_(decayed(g, p, h))
    p.sub_(like(h.lr, p) * buffer)


OPTIMIZER = Optimizer(build, update, takes={"momentum": 0.9}, state=("buffer",))
