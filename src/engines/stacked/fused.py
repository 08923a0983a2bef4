"""Torch's fused optimizer kernels, member by member: one pass over weights, gradients and state instead of six.

Each call costs some 10 µs, so they pay for models that are large enough: measured on 2 cores, an epoch of 784-128-128-1
with Adam spends 5 ms a member in its updates and not 28. `torch.optim`'s functions around these kernels cost 10 ms more.
Small models take the optimizers' rules for stacks, which pass over all members at once.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from src.optimizers import OPTIMIZERS
from src.optimizers.optimizer import Hyper, Kernel, Numbers, Parts, State

LARGE = 2**14  # numbers of a member from which its own step pays

FUSED: dict[str, Kernel] = {name: rule.fused for name, rule in OPTIMIZERS.items() if rule.fused is not None}


class FusedUpdate:
    """Steps of the optimizer `name` on `parameters` and `states`, all (S, ...), in place."""

    def __init__(self, name: str, parameters: Sequence[Tensor], states: Sequence[State]) -> None:
        self.rule, self.parameters = FUSED[name], parameters
        self.members = _by_member([parameter.detach() for parameter in parameters])
        by_kind = {kind: _by_member([state[kind] for state in states]) for kind in states[0]}
        self.states = [{kind: members[slot] for kind, members in by_kind.items()} for slot in range(len(self.members))]

    @staticmethod
    def suits(name: str, parameters: Sequence[Tensor]) -> bool:
        """Whether it is there for this optimizer and device, and pays."""
        numbers = sum(parameter[0].numel() for parameter in parameters)
        return name in FUSED and parameters[0].device.type == "cpu" and numbers >= LARGE

    def __call__(self, gradients: Sequence[Tensor], hyper: Hyper) -> None:
        """One step of every member."""
        # The kernels walk through memory: what they get must lie there in the same order.
        alike = [
            g if g.stride() == p.stride() else torch.empty_like(p).copy_(g)
            for p, g in zip(self.parameters, gradients, strict=True)
        ]
        decay = torch.zeros_like(hyper.lr) if hyper.weight_decay is None else hyper.weight_decay
        columns = (hyper.lr, decay, hyper.momentum, hyper.beta1, hyper.beta2)
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        steps = hyper.step.float().unbind()
        for member, gradient, state, step, row in zip(
            self.members, _by_member(alike), self.states, steps, numbers, strict=True
        ):
            self.rule(member, gradient, state, [step] * len(member), Numbers(*row))


def _by_member(tensors: Sequence[Tensor]) -> list[Parts]:
    """Of each member its part of every tensor (S, ...), in the order of memory: the kernels copy what is not contiguous."""
    laid = [tensor if tensor[0].is_contiguous() else tensor.mT for tensor in tensors]
    return [list(parts) for parts in zip(*(tensor.unbind() for tensor in laid), strict=True)]
