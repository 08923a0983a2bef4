"""Adam: moving means of the gradient and of its square give each weight its own step (Kingma and Ba 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from src.optimizers.optimizer import Hyper, Numbers, Optimizer, Parts, State, decayed, like

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


def fused(p: Parts, g: Parts, state: dict[str, Parts], steps: Parts, n: Numbers) -> None:
    """`update` by torch's kernel."""
    import torch

    call(torch._fused_adam_, p, g, state, steps, n)


def call(kernel: Callable[..., None], p: Parts, g: Parts, state: dict[str, Parts], steps: Parts, n: Numbers) -> None:
    """The kernels of Adam and AdamW take the same."""
    kernel(
        p,
        g,
        state["mean"],
        state["square"],
        [],
        steps,
        lr=n.lr,
        beta1=n.beta1,
        beta2=n.beta2,
        weight_decay=n.weight_decay,
        eps=1e-8,
        amsgrad=False,
        maximize=False,
    )


OPTIMIZER = Optimizer(build, update, takes={"betas": (0.9, 0.999)}, state=("mean", "square"), fused=fused)
