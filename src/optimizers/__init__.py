"""The optimizers by their names in the literature. Each has its file here, and what lies here is in the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from src.choices import chosen, modules
from src.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer as TorchOptimizer

OPTIMIZERS: dict[str, Optimizer] = {
    module.__name__.rpartition(".")[2]: module.OPTIMIZER
    for module in modules(__name__, __path__)
    if hasattr(module, "OPTIMIZER")
}


def build_optimizer(
    parameters: Iterable[nn.Parameter],
    *,
    name: str,
    lr: float,
    weight_decay: float,
    momentum: float | None = None,
    betas: Iterable[float] | None = None,
) -> TorchOptimizer:
    """The optimizer `name` over `parameters`; None for momentum or betas means its own default.

    Raises ValueError for an unknown name, or for a hyperparameter that the optimizer does not have.
    """
    optimizer = chosen("optimizer.name", OPTIMIZERS, name)
    given = {"momentum": momentum, "betas": None if betas is None else tuple(betas)}
    settings = {key: value for key, value in given.items() if value is not None}
    for key in settings.keys() - optimizer.takes.keys():
        raise ValueError(f"optimizer.{key}: must be null for {name}, which has none, but got {settings[key]}.")
    return optimizer.build(parameters, lr=lr, weight_decay=weight_decay, **{**optimizer.takes, **settings})
