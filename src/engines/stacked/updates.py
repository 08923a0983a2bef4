"""Optimizer steps of a whole stack, with one entry per member of every hyperparameter: the rules of the optimizers' table.

Each is torch's rule, written for tensors (S, ...) with member axis S. Hyperparameters and counts come as (S,).
"""

import torch
from torch import Tensor

from src.optimizers import OPTIMIZERS
from src.optimizers.optimizer import Hyper, State, Update

__all__ = ["UPDATES", "Hyper", "State", "Update", "new_state"]

# Axes: S slots, then the axes of a parameter.

# The rule, and the names of the state that it keeps of each parameter.
UPDATES: dict[str, tuple[Update, tuple[str, ...]]] = {
    name: (optimizer.update, (*optimizer.state, *optimizer.per_member)) for name, optimizer in OPTIMIZERS.items()
}


def new_state(name: str, p: Tensor) -> State:
    """The state of parameter `p` (S, ...) before the first step of optimizer `name`: zeros, or first values (S,)."""
    optimizer = OPTIMIZERS[name]
    zeros = {kind: torch.zeros_like(p) for kind in optimizer.state}
    numbers = {
        kind: torch.full(p.shape[:1], first, dtype=torch.float32, device=p.device)
        for kind, first in optimizer.per_member.items()
    }
    return zeros | numbers
