"""Averaged weights: the exponential moving average of the weights after each step (Polyak and Juditsky 1992).

Without the bias of its beginning (Kingma and Ba 2015, section 7.2): after t steps the average is that of w_1 to w_t, w_i counting
in proportion to decay^(t - i). As a step of its own: a += share (w - a).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

Number = TypeVar("Number", float, "Tensor")


def share(decay: Number, step: Number) -> Number:
    """Of the weights after step `step`, from 1, in their average: (1 - decay) / (1 - decay^step). The first are all of it."""
    return (1.0 - decay) / (1.0 - decay**step)
