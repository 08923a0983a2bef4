"""AdamW: Adam with the weight decay outside the gradient (Loshchilov and Hutter 2019)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.adam import step
from src.optimizers.optimizer import Hyper, Optimizer, State, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's AdamW."""
    from torch import optim

    return optim.AdamW(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """First p *= 1 - lr decay, then Adam's step."""
    if h.weight_decay is not None:
        p.mul_(like(1.0 - h.lr * h.weight_decay, p))
    step(p, g, state, h)


OPTIMIZER = Optimizer(build, update, takes={"betas": (0.9, 0.999)}, state=("mean", "square"))
