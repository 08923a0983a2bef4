"""Learning rate schedules: factor(step) of the base rate. Branch-free, so a stack may give every member its own.

Steps are optimizer steps from 0. All arguments may be tensors. Warm-up, where there is one, comes first and multiplies
the base rate by (step + 1) / (warmup_steps + 1); the schedule then runs over the steps that are left.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Number = float | Tensor


class Shape(NamedTuple):
    """What bends a schedule; each uses what it names."""

    total_steps: Number
    warmup_steps: Number = 0
    step_size: Number = 1000
    gamma: Number = 0.1
    final: Number = 0.0
    peak: Number = 0.3


def constant(step: Tensor, shape: Shape) -> Tensor:
    """1."""
    return torch.ones_like(step, dtype=torch.float64)


def step(step: Tensor, shape: Shape) -> Tensor:
    """gamma ** floor(step / step_size): drops every `step_size` steps."""
    return shape.gamma ** torch.floor(step.double() / shape.step_size)


def exponential(step: Tensor, shape: Shape) -> Tensor:
    """gamma ** (step / step_size): the same decay as `step`, without jumps."""
    return shape.gamma ** (step.double() / shape.step_size)


def cosine(step: Tensor, shape: Shape) -> Tensor:
    """From 1 to `final` along half a cosine (Loshchilov and Hutter 2017, eq. 5, one period)."""
    progress = step.double() / _left(shape)
    return shape.final + (1.0 - shape.final) * 0.5 * (1.0 + torch.cos(torch.pi * progress))


def onecycle(step: Tensor, shape: Shape) -> Tensor:
    """From 1/25 up to 1 at the share `peak` of the steps, then down to `final`, along cosines (Smith 2018)."""
    last = _left(shape) - 1
    top = shape.peak * _left(shape) - 1
    rising = torch.clamp(step.double() / top, 0.0, 1.0)
    falling = torch.clamp((step.double() - top) / (last - top), 0.0, 1.0)
    up = 1 / 25 + (1.0 - 1 / 25) * 0.5 * (1.0 - torch.cos(torch.pi * rising))
    down = shape.final + (1.0 - shape.final) * 0.5 * (1.0 + torch.cos(torch.pi * falling))
    return torch.where(step < top, up, down)


SCHEDULES: dict[str, Callable[[Tensor, Shape], Tensor]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "onecycle": onecycle,
}


def factor(name: str, step: Tensor, shape: Shape) -> Tensor:
    """The factor of the base rate at `step` (...), float64 (...), warm-up included."""
    if name not in SCHEDULES:
        raise ValueError(f"schedule.name: must be one of {', '.join(SCHEDULES)}, but got {name!r}.")
    warm = (step.double() + 1.0) / (shape.warmup_steps + 1.0)
    after = torch.clamp(step - shape.warmup_steps, min=0)
    return torch.where(step < shape.warmup_steps, warm, SCHEDULES[name](after, shape))


def _left(shape: Shape) -> Tensor:
    """Steps after the warm-up, at least 1."""
    return torch.clamp(torch.as_tensor(shape.total_steps - shape.warmup_steps, dtype=torch.float64), min=1.0)
