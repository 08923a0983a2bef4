"""The optimizers by their names in the literature, as torch has them."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

MOMENTUM = 0.9

# What each takes beside lr and weight_decay, with its default. `fused`: torch has one kernel for the whole update, on CPU too.
OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, Any], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}, {"fused": True}),
    "momentum": (torch.optim.SGD, {"momentum": MOMENTUM}, {"fused": True}),
    "nesterov": (torch.optim.SGD, {"momentum": MOMENTUM}, {"fused": True, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}, {"fused": True}),
    "rmsprop": (torch.optim.RMSprop, {"momentum": 0.0}, {"foreach": True}),
    "adam": (torch.optim.Adam, {"betas": (0.9, 0.999)}, {"fused": True}),
    "adamw": (torch.optim.AdamW, {"betas": (0.9, 0.999)}, {"fused": True}),
    "nadam": (torch.optim.NAdam, {"betas": (0.9, 0.999)}, {"foreach": True}),
}


def build_optimizer(
    parameters: Iterable[nn.Parameter],
    *,
    name: str,
    lr: float,
    weight_decay: float,
    momentum: float | None = None,
    betas: Iterable[float] | None = None,
) -> torch.optim.Optimizer:
    """The optimizer `name` over `parameters`; None for momentum or betas means its own default.

    Raises ValueError for an unknown name, or for a hyperparameter that the optimizer does not have.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer.name: must be one of {', '.join(OPTIMIZERS)}, but got {name!r}.")
    build, defaults, fixed = OPTIMIZERS[name]
    given = {"momentum": momentum, "betas": None if betas is None else tuple(betas)}
    chosen = {key: value for key, value in given.items() if value is not None}
    for key in chosen.keys() - defaults.keys():
        raise ValueError(f"optimizer.{key}: must be null for {name}, which has none, but got {chosen[key]}.")
    return build(parameters, lr=lr, weight_decay=weight_decay, **{**defaults, **chosen}, **fixed)
