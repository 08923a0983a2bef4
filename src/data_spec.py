"""What a model is told of its data before it sees any of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from torch import Tensor

# Axes: N rows, F columns, n of them numeric.

RESOLUTION = 960  # quantiles of a column: a multiple of most numbers of bins up to 64
ROWS = 2**17  # of train, at most, that quantiles are taken of


@dataclass(frozen=True)
class DataSpec:
    """The form of inputs and outputs; `cardinalities` (F,) of a table's columns: 0 of a number, else of how many codes.

    Without `cardinalities` all columns are numbers. `find_train` gives train's inputs, from which quantiles are taken.
    """

    input_shape: tuple[int, ...]
    num_outputs: int
    cardinalities: tuple[int, ...] = ()
    find_train: Callable[[], Tensor] | None = None

    @property
    def num_features(self) -> int:
        """Numbers of an input."""
        return math.prod(self.input_shape)

    @property
    def numeric(self) -> list[int]:
        """The columns that are numbers."""
        return [column for column in range(self.num_features) if not self._cardinality(column)]

    @property
    def categorical(self) -> dict[int, int]:
        """The columns that are codes, with how many each has; codes count from 0."""
        return {column: size for column in range(self.num_features) if (size := self._cardinality(column))}

    @cached_property
    def quantiles(self) -> Tensor:
        """Of each numeric column of train, (n, RESOLUTION + 1) float32, from its smallest value to its largest."""
        import torch

        assert self.find_train is not None
        train = self.find_train()
        rows = train[:: -(-len(train) // ROWS)].flatten(1)[:, self.numeric].double()
        at = torch.linspace(0.0, 1.0, RESOLUTION + 1, dtype=torch.float64)
        columns = [torch.quantile(column, at) for column in rows.T]
        return torch.stack(columns).float() if columns else torch.empty(0, RESOLUTION + 1)

    def state(self, *, with_quantiles: bool) -> dict[str, Any]:
        """Plain values and tensors, from which `of_state` makes an equal one."""
        kept = {"quantiles": self.quantiles} if with_quantiles else {}
        shape, cardinalities = list(self.input_shape), list(self.cardinalities)
        return {"input_shape": shape, "num_outputs": self.num_outputs, "cardinalities": cardinalities, **kept}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The one that `state` was taken of; it knows quantiles if they were kept."""
        spec = cls(tuple(state["input_shape"]), state["num_outputs"], tuple(state["cardinalities"]))
        if "quantiles" in state:
            spec.__dict__["quantiles"] = state["quantiles"]
        return spec

    def _cardinality(self, column: int) -> int:
        return self.cardinalities[column] if self.cardinalities else 0
