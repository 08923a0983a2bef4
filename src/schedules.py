"""Learning rate schedules: factor(step) of the base rate. Branch-free, so a stack may give every member its own.

Steps are optimizer steps from 0. All arguments may be tensors. Warm-up, where there is one, comes first and multiplies
the base rate by (step + 1) / (warmup_steps + 1); the schedule then runs over the steps that are left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from src.choices import chosen, first_line

if TYPE_CHECKING:
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
    """1, at every step."""
    return step.double().new_ones(step.shape)


def step(step: Tensor, shape: Shape) -> Tensor:
    """gamma ** floor(step / step_size): drops every `step_size` steps."""
    return shape.gamma ** (step.double() / shape.step_size).floor()


def exponential(step: Tensor, shape: Shape) -> Tensor:
    """gamma ** (step / step_size): the same decay as `step`, without jumps."""
    return shape.gamma ** (step.double() / shape.step_size)


def cosine(step: Tensor, shape: Shape) -> Tensor:
    """From 1 to `final` along half a cosine (Loshchilov and Hutter 2017, eq. 5, one period)."""
    progress = step.double() / _left(shape)
    return shape.final + (1.0 - shape.final) * 0.5 * (1.0 + (math.pi * progress).cos())


def onecycle(step: Tensor, shape: Shape) -> Tensor:
    """From 1/25 up to 1 at the share `peak` of the steps, then down to `final`, along cosines (Smith 2018)."""
    last = _left(shape) - 1
    top = shape.peak * _left(shape) - 1
    rising = (step.double() / top).clamp(0.0, 1.0)
    falling = ((step.double() - top) / (last - top)).clamp(0.0, 1.0)
    up = 1 / 25 + (1.0 - 1 / 25) * 0.5 * (1.0 - (math.pi * rising).cos())
    down = shape.final + (1.0 - shape.final) * 0.5 * (1.0 + (math.pi * falling).cos())
    return up.where(step < top, down)


class Schedule(NamedTuple):
    """An entry of the table of schedules: the factor after the warm-up, and the fields of its shape that bend it."""

    factor: Callable[[Tensor, Shape], Tensor]
    takes: tuple[str, ...]

    @property
    def purpose(self) -> str:
        """The formula."""
        return first_line(self.factor)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(constant, takes=()),
    "step": Schedule(step, takes=("step_size", "gamma")),
    "exponential": Schedule(exponential, takes=("step_size", "gamma")),
    "cosine": Schedule(cosine, takes=("final",)),
    "onecycle": Schedule(onecycle, takes=("final", "peak")),
}


def factor(name: str, step: Tensor, shape: Shape) -> Tensor:
    """The factor of the base rate at `step` (...), float64 (...), warm-up included."""
    schedule = chosen("schedule.name", SCHEDULES, name)
    warm = (step.double() + 1.0) / (shape.warmup_steps + 1.0)
    after = (step - shape.warmup_steps).clamp(min=0)
    return warm.where(step < shape.warmup_steps, schedule.factor(after, shape))


def _left(shape: Shape) -> Tensor:
    """Steps after the warm-up, at least 1."""
    import torch

    return torch.clamp(torch.as_tensor(shape.total_steps - shape.warmup_steps, dtype=torch.float64), min=1.0)
