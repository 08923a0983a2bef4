"""Films as another clinic takes them: what shifts a test split away from the source of train and val."""

from collections.abc import Callable

import torch
from torch import Tensor

from src.data.augmentation import Augment
from src.randomness import Purpose, key, normal

Shift = Callable[[Tensor], Tensor]  # films (N, 1, H, W) of grey levels 0 to 255, of any dtype -> the same in uint8


def as_taken(films: Tensor) -> Tensor:
    """The films themselves."""
    return films


def exposed(gamma: float) -> Shift:
    """Grey levels raised to the power `gamma`, with 0 and 255 where they are: lighter below 1, darker above."""
    return lambda films: _grey(255 * (films.double() / 255) ** gamma)


def noisy(sd: float) -> Shift:
    """Normal noise of `sd` grey levels, the same each time for the film at the same place."""

    def noise(films: Tensor) -> Tensor:
        return normal(key(0, Purpose.DATA, 1), torch.arange(films.numel())).view_as(films)

    return lambda films: _grey(films.double() + sd * noise(films))


def moved(shift: float = 0.0, rotation: float = 0.0, scale: float = 0.0) -> Shift:
    """Moved, turned and scaled each by itself, up to these strengths (`src.data.augmentation.Augment`)."""
    augment = Augment(shift=shift, rotation=rotation, scale=scale)
    return lambda films: _grey(augment(films.double(), key(0, Purpose.AUGMENTATION, 0) + torch.arange(len(films))))


def _grey(films: Tensor) -> Tensor:
    return films.round().clamp(0, 255).to(torch.uint8)
