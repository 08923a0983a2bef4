"""NAdam: Adam with Nesterov's momentum (Dozat 2016)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Optimizer, State, decayed, like

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


def build(parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """Torch's NAdam."""
    from torch import optim

    return optim.NAdam(parameters, foreach=True, **settings)


def update(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """Adam with Nesterov momentum, momentum decay 4e-3, weight decay inside the gradient."""
    g = decayed(g, p, h)
    now, following = (h.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * count)) for count in (h.step, h.step + 1))
    product = state["product"].mul_(now.float()).double()
    mean = state["mean"].lerp_(g, like(1.0 - h.beta1, p))
    square = state["square"].mul_(like(h.beta2, p)).add_(like(1.0 - h.beta2, p) * g * g)
    root = square.div(like(1.0 - h.beta2**h.step, p)).sqrt_().add_(1e-8)
    of_gradient = like(h.lr * (1.0 - now) / (1.0 - product), p)
    of_mean = like(h.lr * following / (1.0 - product * following), p)
    p.sub_((of_gradient * g).addcmul_(of_mean, mean).div_(root))


OPTIMIZER = Optimizer(
    build, update, takes={"betas": (0.9, 0.999)}, state=("mean", "square"), per_member={"product": 1.0}
)
