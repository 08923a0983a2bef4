"""Mixup: each example is blended with another, and so is its loss (Zhang et al. 2018)."""

import torch
from torch import Tensor

from src.data.augmentation.draws import Draw
from src.data.augmentation.pixels import Strength
from src.randomness import integers, uniform

# Axes: B batch.


def partners(rows: Tensor, size: int) -> Tensor:
    """Whom each of `rows` (B,) is blended with, as a place (B,) among `size` examples: all of an epoch's.

    The paper's partner is of the same batch; a place in the epoch does not depend on how a step is divided.
    """
    return integers(rows, int(Draw.PARTNER), size)


def shares(rows: Tensor, alpha: Strength) -> Tensor:
    """Each example's own share (B,) in [1/2, 1], float64: the larger of s and 1 - s for s from Beta(alpha, alpha).

    Partners are drawn alike, so which of both has the larger share changes no distribution. In closed form from two uniform
    draws (Devroye 1996, after Bailey 1994); `alpha` 0 gives 1.
    """
    power = -1.0 / torch.as_tensor(alpha, dtype=torch.float64, device=rows.device)
    spread = uniform(rows, int(Draw.SHARE)) ** power - 1.0
    angle = 2.0 * torch.pi * uniform(rows, int(Draw.SHARE_ANGLE))
    return 0.5 + 0.5 / torch.sqrt(1.0 + 1.0 / (spread * torch.cos(angle) ** 2))


def blend(inputs: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """`share` (B,) of `inputs` and the rest of `others`, both (B, features...)."""
    share = share.to(inputs).view(-1, *[1] * (inputs.ndim - 1))
    return share * inputs + (1.0 - share) * others
