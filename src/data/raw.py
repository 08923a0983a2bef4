"""Rows as people have them, before they become inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from src.data.labels import Labels


@dataclass(frozen=True)
class Raw:
    """N rows: `content` as its preprocessor takes it (a frame, arrays, files), what each row is called, labels if known.

    `notes`: what a person should know of the whole, a line each.
    """

    content: Any
    names: Sequence[str]
    labels: Labels | None = None
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.names)


class Inputs(NamedTuple):
    """`tensor` (M, ...) of the rows that could be read, `places` (M,) of these among the raw ones, and what is wrong with others.

    `faults`: by place, with the reason in one line.
    """

    tensor: Tensor
    places: Sequence[int]
    faults: Mapping[int, str]
