"""Optimizer steps of a whole stack, with one entry per member of every hyperparameter.

Each is torch's rule, written for tensors (S, ...) with member axis S. Hyperparameters and counts come as (S,).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Axes: S slots, then the axes of a parameter.

State = dict[str, Tensor]


@dataclass(frozen=True)
class Hyper:
    """Hyperparameters of one step, (S,) each; `step` counts from 1."""

    lr: Tensor
    step: Tensor
    weight_decay: Tensor | None  # None: no member has any
    momentum: Tensor
    beta1: Tensor
    beta2: Tensor


def sgd(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """p -= lr g."""
    p.sub_(_like(h.lr, p) * _decayed(g, p, h))


def momentum(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """b = mu b + g; p -= lr b (Sutskever et al. 2013, torch's form: no dampening)."""
    buffer = state["buffer"].mul_(_like(h.momentum, p)).add_(_decayed(g, p, h))
    p.sub_(_like(h.lr, p) * buffer)


def nesterov(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """b = mu b + g; p -= lr (g + mu b)."""
    g = _decayed(g, p, h)
    buffer = state["buffer"].mul_(_like(h.momentum, p)).add_(g)
    p.sub_(_like(h.lr, p) * (g + _like(h.momentum, p) * buffer))


def adagrad(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """s += g^2; p -= lr g / (sqrt(s) + 1e-10) (Duchi et al. 2011)."""
    g = _decayed(g, p, h)
    root = state["square"].addcmul_(g, g).sqrt().add_(1e-10)
    p.sub_((_like(h.lr, p) * g).div_(root))


def rmsprop(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """s = 0.99 s + 0.01 g^2; b = mu b + g / (sqrt(s) + 1e-8); p -= lr b (Hinton 2012, not centred)."""
    g = _decayed(g, p, h)
    root = state["square"].mul_(0.99).addcmul_(g, g, value=0.01).sqrt().add_(1e-8)
    buffer = state["buffer"].mul_(_like(h.momentum, p)).add_(g / root)
    p.sub_(_like(h.lr, p) * buffer)


def adam(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """m, v: moving means of g and g^2; p -= lr m^ / (sqrt(v^) + 1e-8) (Kingma and Ba 2015), decay inside the gradient."""
    _adam(p, _decayed(g, p, h), state, h)


def adamw(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """Adam with the decay outside the gradient: first p *= 1 - lr decay (Loshchilov and Hutter 2019)."""
    if h.weight_decay is not None:
        p.mul_(_like(1.0 - h.lr * h.weight_decay, p))
    _adam(p, g, state, h)


def nadam(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    """Adam with Nesterov momentum (Dozat 2016), momentum decay 4e-3, decay inside the gradient."""
    g = _decayed(g, p, h)
    now, following = (h.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * count)) for count in (h.step, h.step + 1))
    product = state["product"].mul_(now.float()).double()
    mean = state["mean"].lerp_(g, _like(1.0 - h.beta1, p))
    square = state["square"].mul_(_like(h.beta2, p)).add_(_like(1.0 - h.beta2, p) * g * g)
    root = square.div(_like(1.0 - h.beta2**h.step, p)).sqrt_().add_(1e-8)
    of_gradient = _like(h.lr * (1.0 - now) / (1.0 - product), p)
    of_mean = _like(h.lr * following / (1.0 - product * following), p)
    p.sub_((of_gradient * g).addcmul_(of_mean, mean).div_(root))


def _adam(p: Tensor, g: Tensor, state: State, h: Hyper) -> None:
    mean = state["mean"].lerp_(g, _like(1.0 - h.beta1, p))
    square = state["square"].mul_(_like(h.beta2, p)).add_(g.square().mul_(_like(1.0 - h.beta2, p)))
    # lr m^ / (sqrt(v^) + eps), with the corrections of the bias taken out of the large tensors.
    correction = torch.sqrt(1.0 - h.beta2**h.step)
    size = h.lr * correction / (1.0 - h.beta1**h.step)
    root = square.sqrt().add_(_like(1e-8 * correction, p))
    p.sub_((_like(size, p) * mean).div_(root))


def _like(values: Tensor, p: Tensor) -> Tensor:
    return values.to(p.dtype).view(-1, *[1] * (p.ndim - 1))


def _decayed(g: Tensor, p: Tensor, h: Hyper) -> Tensor:
    return g if h.weight_decay is None else g + _like(h.weight_decay, p) * p


Update = Callable[[Tensor, Tensor, State, Hyper], None]

# The rule, and the state that it keeps of each parameter: (S, ...) of zeros, or (S,) of ones.
UPDATES: dict[str, tuple[Update, tuple[str, ...]]] = {
    "sgd": (sgd, ()),
    "momentum": (momentum, ("buffer",)),
    "nesterov": (nesterov, ("buffer",)),
    "adagrad": (adagrad, ("square",)),
    "rmsprop": (rmsprop, ("square", "buffer")),
    "adam": (adam, ("mean", "square")),
    "adamw": (adamw, ("mean", "square")),
    "nadam": (nadam, ("mean", "square", "product")),
}
PER_MEMBER = {
    "product": 1.0
}  # states that are one number a member, in float32 as torch keeps it, with their first value


def new_state(name: str, p: Tensor) -> State:
    """The state of parameter `p` (S, ...) before the first step of optimizer `name`."""
    return {
        kind: torch.full(p.shape[:1], PER_MEMBER[kind], dtype=torch.float32, device=p.device)
        if kind in PER_MEMBER
        else torch.zeros_like(p)
        for kind in UPDATES[name][1]
    }
