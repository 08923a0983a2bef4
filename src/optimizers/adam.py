"""Adam: moving means of the gradient and of its square give each weight its own step (Kingma and Ba 2015)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's Adam."""
    from torch import optim

    return optim.Adam(parameters, fused=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """m, v: moving means of g and g^2; p -= lr m^ / (sqrt(v^) + 1e-8), with the weight decay inside the gradient."""
    step(p, decayed(g, p, h), state, h)


def step(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """The step that Adam and AdamW share, by a gradient `g` as it is."""
    mean = state["mean"].lerp_(g, like(1.0 - h.beta1, p))
    square = state["square"].mul_(like(h.beta2, p)).add_(g.square().mul_(like(1.0 - h.beta2, p)))
    # lr m^ / (sqrt(v^) + eps), with the corrections of the bias taken out of the large tensors.
    correction = (1.0 - h.beta2**h.step).sqrt()
    size = h.lr * correction / (1.0 - h.beta1**h.step)
    root = square.sqrt().add_(like(1e-8 * correction, p))
    p.sub_((like(size, p) * mean).div_(root))


OPTIMIZER = Optimizer(build, update, takes={"betas": (0.9, 0.999)}, state=("mean", "square"))
