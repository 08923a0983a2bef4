"""Every random draw is a pure function of (seed, purpose, counters, index).

There is no generator whose state matters: a draw is a hash of what it is for. So a model gets the same draws alone, in a
stack, resumed or sharded, on any device. The hash is SplitMix64 (Steele, Lea and Flood 2014).
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Integer tensors wrap around modulo 2**64 on every device. `>>` keeps the sign, so shifts are masked.
GOLDEN_64 = 0x9E3779B97F4A7C15 - 2**64
MAX_BATCH = 2**24  # rows of one step; more would share keys with the next step


class Purpose(IntEnum):
    """What a draw is for: draws of two purposes are independent."""

    WEIGHTS = 1
    ORDER = 2
    DROPOUT = 3
    AUGMENTATION = 4
    DATA = 5
    SPLIT = 6
    BOOTSTRAP = 7
    TWIN = 8
    ROWS = 9
    SEARCH = 10
    VIEWS = 11
    IMPORTANCE = 12


def key(seed: int | Tensor, purpose: Purpose, *counters: int | Tensor) -> Tensor:
    """Fold seed, purpose and counters (layer, epoch, ...) into one int64 key; tensors among them broadcast."""
    import torch

    state: int | Tensor = 0
    for value in (seed, int(purpose), *counters):
        plain = isinstance(state, int) and isinstance(value, int)
        state = _folded(state, value) if plain else fold(torch.as_tensor(state), value)  # type: ignore[arg-type]
    return torch.as_tensor(state)


def _folded(state: int, value: int) -> int:
    """`fold` of numbers: a hundredth of what as many operations on tensors take."""
    bits = (state + (value + 1) * GOLDEN_64) % 2**64
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB % 2**64
    return _wrap(bits ^ (bits >> 31))


def fold(state: Tensor, value: int | Tensor) -> Tensor:
    """Output number `value` of the SplitMix64 stream that starts at `state`: 64 well-mixed bits as int64."""
    bits = state + (_wrap((value + 1) * GOLDEN_64) if isinstance(value, int) else (value + 1) * GOLDEN_64)
    bits = (bits ^ ((bits >> 30) & (2**34 - 1))) * (0xBF58476D1CE4E5B9 - 2**64)
    bits = (bits ^ ((bits >> 27) & (2**37 - 1))) * (0x94D049BB133111EB - 2**64)
    return bits ^ ((bits >> 31) & (2**33 - 1))


def uniform(state: Tensor, index: int | Tensor) -> Tensor:
    """Uniform float64 draws in [0, 1), one per entry of `index`, exact multiples of 2**-53."""
    return ((fold(state, index) >> 11) & (2**53 - 1)).double() * 2.0**-53


def normal(state: Tensor, index: Tensor) -> Tensor:
    """Standard normal float64 draws, one per entry of `index` (Box and Muller 1958)."""
    radius = (-2.0 * (-uniform(state, 2 * index)).log1p()).sqrt()
    return radius * (2.0 * math.pi * uniform(state, 2 * index + 1)).cos()


def integers(state: Tensor, index: int | Tensor, high: int) -> Tensor:
    """Uniform int64 draws in [0, high), one per entry of `index`."""
    return (uniform(state, index) * high).long()


def permutation(state: Tensor, size: int) -> Tensor:
    """A permutation of range(size) as int64 (size,), or (M, size) for a column (M, 1) of states."""
    import torch

    return torch.argsort(fold(state, torch.arange(size, device=state.device)), dim=-1, stable=True)


def row_keys(step: int | Tensor, position: Tensor) -> Tensor:
    """The keys of a training step's rows (B,), int64: of the step's number and each row's place in the global batch."""
    return fold(key(0, Purpose.ROWS), step * MAX_BATCH + position)


def unit_keys(state: Tensor, width: int) -> Tensor:
    """The odd keys of a layer's `width` units, int64 (width,), or (M, width) for a column (M, 1) of states."""
    import torch

    return fold(state, torch.arange(width, device=state.device)).bitwise_or(1)


def keep_mask(rows: Tensor, units: Tensor, highest: Tensor) -> Tensor:
    """Boolean mask (B, U) from the keys of rows (B,) and units (U,); `highest` from `highest_kept`.

    Row key times unit key modulo 2**64 (multiply-shift hashing, Dietzfelbinger et al. 1997): one product and one
    comparison a unit. The keys of the rows say when and where, those of the units who: seed, layer and unit.
    """
    return rows.unsqueeze(-1) * units <= highest


def highest_kept(keep: Tensor) -> Tensor:
    """The largest hash, read as a signed number, that is kept with probability `keep` in (0, 1]."""
    return (keep * 2.0**62).long() * 4 + (2**63 - 1)  # wraps around to the largest of all for keep = 1


def normal_pairs(rows: Tensor, units: Tensor, dtype: torch.dtype) -> Tensor:
    """Standard normal draws (B, 2 U) from the keys of rows (B,) and units (U,), as `keep_mask` takes them.

    A product of keys gives two draws (Box and Muller 1958), by its upper half and the 24 bits below: as fast as torch.randn.
    """
    import torch

    bits = rows.unsqueeze(-1) * units
    radius = (bits >> 32).to(dtype).mul_(2.0**-32).add_(0.5 + 2.0**-33).log_().mul_(-2.0).sqrt_()
    angle = ((bits >> 8) & (2**24 - 1)).to(dtype).mul_(2.0 * math.pi * 2.0**-24)
    return torch.cat((radius * angle.cos(), radius * angle.sin_()), dim=-1)


def _wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
