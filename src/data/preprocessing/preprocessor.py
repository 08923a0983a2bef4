"""From rows as people have them to a model's inputs: fitted on train, stored with the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from src.data.raw import Inputs, Raw


class Preprocessor(Protocol):
    """The same in training, in `src.predict` and in the model that MLflow serves.

    Raises ValueError for what is no input at all; a row that cannot be read is a fault of that row.
    """

    kind: ClassVar[str]

    def read(self, path: Path) -> Raw:
        """The rows of a file or folder, with labels where it has them."""
        ...

    def take(self, given: Any) -> Raw:
        """What a caller in Python or of a server hands over: a frame, arrays, lists."""
        ...

    def inputs(self, raw: Raw) -> Inputs:
        """The inputs of those rows that can be read."""
        ...

    def state(self) -> dict[str, Any]:
        """Plain values and tensors, from which `of_state` makes an equal one."""
        ...

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The one that `state` was taken of."""
        ...
