"""What must agree within a stack. Whatever is not named here may differ from member to member."""

import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Arguments = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StackSpec:
    """Plain values that all members of one stack share: equal specs fit together, whatever else sets two jobs apart."""

    model: Arguments
    data: Arguments
    form: Hashable  # of folds, which are no part of `data` then: how many rows and columns
    loss: str | None  # None: by task
    rows_per_step: int
    optimizer: str
    augment: bool
    clip: Literal["norm", "value"] | None  # None: gradients stay as they are
    averages: bool
    train_eval: bool
    diagnostics: bool
    precision: str
    accelerator: str
    compile: bool
    alone: str | None  # why Lightning must train it: then nobody is in its stack

    @property
    def digest(self) -> str:
        """Eight hex digits, to show."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:8]


def arguments(values: Mapping[str, Any]) -> Arguments:
    """`values` by name, each as JSON: they can be hashed, and 1, 1.0 and true stay three values."""
    return tuple((name, json.dumps(values[name], sort_keys=True)) for name in sorted(values))
