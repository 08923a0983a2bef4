"""What may differ from member to member, and stays the same from epoch to epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Hyperparameters:
    """Those of one member, one number each, so that a stack can hold them as tensors."""

    weight_decay: float
    momentum: float
    beta1: float
    beta2: float
    clip: float  # inf: none
    pos_weight: float  # 1: none
    label_smoothing: float
    ema: float
    shift: float
    rotation: float
    scale: float
    flip: float
    blur: float
    gamma: float
    contrast: float
    brightness: float
    noise: float
    cutout: float
    mixup: float


def in_columns(rows: Sequence[Hyperparameters], device: torch.device) -> dict[str, Tensor]:
    """Those of all members by name, (S,) float64 each."""
    return {
        name: torch.tensor([getattr(row, name) for row in rows], dtype=torch.float64, device=device)
        for name in vars(rows[0])
    }
