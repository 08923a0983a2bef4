"""Targets of a regression as they are trained on, and as people have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """Targets of a regression are trained on as (y - mean) / sd, by figures of train; losses are of these, the rest in units."""

    mean: float
    sd: float

    @classmethod
    def fit(cls, targets: Tensor) -> Self:
        """Of train's targets (N,); those that are all one keep sd 1."""
        import torch

        sd, mean = torch.std_mean(targets.double(), correction=0)
        return cls(float(mean), float(sd) or 1.0)

    def scaled(self, targets: Tensor) -> Tensor:
        """As they are trained on."""
        return (targets - self.mean) / self.sd

    def in_units(self, outputs: Tensor) -> Tensor:
        """As people have them."""
        return outputs * self.sd + self.mean
