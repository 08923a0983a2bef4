"""Every random draw is a pure function of (seed, purpose, counters, index).

There is no generator whose state matters: a draw is a hash of what it is for. So a model gets the same draws alone, in a
stack, resumed or sharded, on any device. The hash is SplitMix64 (Steele, Lea and Flood 2014).
"""

from enum import IntEnum
from functools import cache

import torch
from torch import Tensor

# Integer tensors wrap around modulo 2**64 on every device. `>>` keeps the sign, so shifts are masked.
GOLDEN_64 = 0x9E3779B97F4A7C15 - 2**64


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
    UNITS = 9


def key(seed: int | Tensor, purpose: Purpose, *counters: int | Tensor) -> Tensor:
    """Fold seed, purpose and counters (layer, epoch, ...) into one int64 key; tensors among them broadcast."""
    state = fold(torch.zeros((), dtype=torch.int64), seed)
    for value in (int(purpose), *counters):
        state = fold(state, value)
    return state


def fold(state: Tensor, value: int | Tensor) -> Tensor:
    """Output number `value` of the SplitMix64 stream that starts at `state`: 64 well-mixed bits as int64."""
    bits = state + (value + 1) * GOLDEN_64 if isinstance(value, Tensor) else state + _wrap((value + 1) * GOLDEN_64)
    bits = (bits ^ ((bits >> 30) & (2**34 - 1))) * (0xBF58476D1CE4E5B9 - 2**64)
    bits = (bits ^ ((bits >> 27) & (2**37 - 1))) * (0x94D049BB133111EB - 2**64)
    return bits ^ ((bits >> 31) & (2**33 - 1))


def uniform(state: Tensor, index: Tensor) -> Tensor:
    """Uniform float64 draws in [0, 1), one per entry of `index`, exact multiples of 2**-53."""
    return ((fold(state, index) >> 11) & (2**53 - 1)).double() * 2.0**-53


def normal(state: Tensor, index: Tensor) -> Tensor:
    """Standard normal float64 draws, one per entry of `index` (Box and Muller 1958)."""
    radius = torch.sqrt(-2.0 * torch.log1p(-uniform(state, 2 * index)))
    return radius * torch.cos(2.0 * torch.pi * uniform(state, 2 * index + 1))


def integers(state: Tensor, index: Tensor, high: int) -> Tensor:
    """Uniform int64 draws in [0, high), one per entry of `index`."""
    return (uniform(state, index) * high).long()


def permutation(state: Tensor, size: int) -> Tensor:
    """A permutation of range(size) as int64 (size,), or (M, size) for a column (M, 1) of states."""
    return torch.argsort(fold(state, torch.arange(size, device=state.device)), dim=-1, stable=True)


def keep_mask(rows: Tensor, width: int, keep: Tensor) -> Tensor:
    """Boolean mask (B, width) that keeps each unit with probability `keep` in (0, 1]; `rows` (B,) are keys from `fold`.

    Row key times the unit's odd constant, modulo 2**64 (multiply-shift hashing, Dietzfelbinger et al. 1997): one product
    and one comparison a unit. Rows are as independent as their keys; units of a row as their constants are unrelated.
    """
    # The bits are a signed number: a share `keep` of all lies at or below the threshold, which wraps around for keep = 1.
    highest_kept = (keep * 2.0**62).long() * 4 + (2**63 - 1)
    return rows.unsqueeze(-1) * _unit_constants(width, rows.device) <= highest_kept


@cache
def _unit_constants(width: int, device: torch.device) -> Tensor:
    return fold(key(0, Purpose.UNITS), torch.arange(width)).bitwise_or(1).to(device)


def _wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
