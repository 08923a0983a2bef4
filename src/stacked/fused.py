"""Torch's own fused optimizer steps, member by member: one pass over weights, gradients and state instead of six.

Each costs some 20 µs to start, so they pay for models that are large enough; on 2 cores 10 ms against 28 for an epoch of
784-128-128-1 with Adam. Small models take the rules of `src.stacked.updates`, which pass over all members at once.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from src.stacked.updates import Hyper, State

LARGE = 2**14  # numbers of a member from which its own step pays


class Numbers(NamedTuple):
    """The hyperparameters of one member's step."""

    lr: float
    step: float
    weight_decay: float
    momentum: float
    beta1: float
    beta2: float


def _sgd(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    _momentum_sgd(p, g, [None] * len(p), n._replace(momentum=0.0), nesterov=False)


def _momentum(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    _momentum_sgd(p, g, [*state["buffer"]], n, nesterov=False)


def _nesterov(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    _momentum_sgd(p, g, [*state["buffer"]], n, nesterov=True)


def _adagrad(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    adagrad(
        p,
        g,
        state["square"],
        _steps(p, n),
        fused=True,
        lr=n.lr,
        weight_decay=n.weight_decay,
        lr_decay=0.0,
        eps=1e-10,
        maximize=False,
    )


def _adam(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    _any_adam(p, g, state, n, decoupled=False)


def _adamw(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers) -> None:
    _any_adam(p, g, state, n, decoupled=True)


FUSED: dict[str, Callable[[list[Tensor], list[Tensor], dict[str, list[Tensor]], Numbers], None]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "adam": _adam,
    "adamw": _adamw,
}


def is_fused(name: str, parameters: Sequence[Tensor]) -> bool:
    """Whether the optimizer `name` updates `parameters` (S, ...) member by member."""
    numbers = sum(parameter[0].numel() for parameter in parameters)
    return name in FUSED and parameters[0].device.type == "cpu" and numbers >= LARGE


def fused_update(
    name: str, parameters: Sequence[Tensor], gradients: Sequence[Tensor], states: Sequence[State], hyper: Hyper
) -> None:
    """One step of every member, in place; all tensors (S, ...)."""
    # The kernels walk through memory and do not look at strides.
    gradients = [
        g if g.stride() == p.stride() else torch.empty_like(p).copy_(g)
        for p, g in zip(parameters, gradients, strict=True)
    ]
    decay = torch.zeros_like(hyper.lr) if hyper.weight_decay is None else hyper.weight_decay
    columns = (hyper.lr, hyper.step, decay, hyper.momentum, hyper.beta1, hyper.beta2)
    kinds = states[0].keys()
    for slot, numbers in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        state = {kind: [state[kind][slot] for state in states] for kind in kinds}
        FUSED[name]([p[slot] for p in parameters], [g[slot] for g in gradients], state, Numbers(*numbers))


def _momentum_sgd(
    p: list[Tensor], g: list[Tensor], buffers: list[Tensor | None], n: Numbers, *, nesterov: bool
) -> None:
    sgd(
        p,
        g,
        buffers,
        fused=True,
        weight_decay=n.weight_decay,
        momentum=n.momentum,
        lr=n.lr,
        dampening=0.0,
        nesterov=nesterov and n.momentum > 0,
        maximize=False,
    )


def _any_adam(p: list[Tensor], g: list[Tensor], state: dict[str, list[Tensor]], n: Numbers, *, decoupled: bool) -> None:
    adam(
        p,
        g,
        state["mean"],
        state["square"],
        [],
        _steps(p, n),
        fused=True,
        amsgrad=False,
        beta1=n.beta1,
        beta2=n.beta2,
        lr=n.lr,
        weight_decay=n.weight_decay,
        eps=1e-8,
        maximize=False,
        decoupled_weight_decay=decoupled,
    )


def _steps(p: list[Tensor], n: Numbers) -> list[Tensor]:
    """The steps before this one: torch counts itself."""
    return [torch.tensor(n.step - 1.0) for _ in p]
