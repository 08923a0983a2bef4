"""What every reader gives: three splits of resident tensors and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from src.data.target_scale import TargetScale
from src.data_spec import DataSpec
from src.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor

    from src.data.preprocessing import Preprocessor


@dataclass(frozen=True)
class Split:
    """Examples as they came: `inputs` uint8 or float32 (N, C, H, W) for images, float32 (N, F) for tables.

    `labels` are int64 (N,) class numbers, or float32 (N,) targets of a regression, as `target_scale` has them.
    """

    inputs: Tensor
    labels: Tensor
    names: Sequence[str] = ()  # what each row is called where it comes from; empty: by number
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by name, each row's group, for figures of each
    groups: Sequence[
        int
    ] = ()  # the number of each row's patient, or whatever is drawn as one; empty: each row by itself

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """Train, val and test of one source. Raises ValueError, naming the source, where the data break a rule."""

    name: str
    source: str  # one line: where the data come from, shown in every output
    task: Task
    train: Split
    val: Split
    test: Split
    classes: tuple[str, ...] = ()
    simulated: bool = False
    target_scale: TargetScale | None = None  # None: targets are in units
    cardinalities: tuple[
        int, ...
    ] = ()  # of a table's columns: 0 of a number, else of how many codes; empty: all numbers
    preprocessor: Preprocessor | None = None  # None: inputs come as they are
    description: str = ""  # what was found in the data, to be shown as a run begins
    warnings: tuple[str, ...] = ()  # of what may mislead, a line each
    content: str | None = None  # digest of the content, where the reader knows it
    white: float = 255.0  # the value of a white pixel, of images; black is 0

    def __post_init__(self) -> None:
        for part in ("train", "val", "test"):
            _check(f"{self.name}: {part}", getattr(self, part), self)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.train.inputs.shape[1:])

    @property
    def num_outputs(self) -> int:
        return len(self.classes) if self.task == "multiclass" else 1

    @property
    def is_image(self) -> bool:
        return self.train.inputs.ndim == 4

    @property
    def has_codes(self) -> bool:
        """Whether some columns are codes of categories."""
        return any(self.cardinalities)

    @property
    def spec(self) -> DataSpec:
        """What a model is told that takes the inputs as they came."""
        return self.spec_as("none")

    def spec_as(self, standardize: str) -> DataSpec:
        """What a model is told that takes the inputs by `standardize`: its quantiles are of these."""
        if standardize not in self._specs:

            def find_train() -> Tensor:
                from src.data.transforms import Standardize

                return Standardize.fit(self.train.inputs, standardize)(self.train.inputs)

            self._specs[standardize] = DataSpec(self.input_shape, self.num_outputs, self.cardinalities, find_train)
        return self._specs[standardize]

    @cached_property
    def _specs(self) -> dict[str, DataSpec]:
        return {}  # kept, since quantiles are the same for every model of a sweep

    @property
    def intake(self) -> Preprocessor:
        """How rows as people have them become inputs."""
        from src.data.preprocessing import Arrays

        return self.preprocessor or Arrays(self.input_shape)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that training and evaluation see: two sources with one digest give the same numbers."""
        if self.content is not None:
            return self.content
        content = hashlib.sha256(repr((self.task, self.classes)).encode())
        if self.target_scale is not None:
            content.update(repr(self.target_scale).encode())
        for split in (self.train, self.val, self.test):
            for tensor in (split.inputs, split.labels):
                content.update(repr((tensor.dtype, tuple(tensor.shape))).encode())
                content.update(tensor.cpu().contiguous().numpy().data)
        return content.hexdigest()


def _check(where: str, split: Split, dataset: Dataset) -> None:
    inputs, labels = split.inputs, split.labels
    if len(labels) == 0:
        raise ValueError(f"{where}: a split must hold at least one example, but got none.")
    if len(inputs) != len(labels):
        raise ValueError(
            f"{where}: inputs and labels must pair up, but got {len(inputs)} inputs and {len(labels)} labels."
        )
    if tuple(inputs.shape[1:]) != dataset.input_shape:
        raise ValueError(
            f"{where}: examples must have the shape of train's, {dataset.input_shape}, but got {tuple(inputs.shape[1:])}."
        )
    if inputs.is_floating_point() and not bool(inputs.isfinite().all()):
        rows = int((~inputs.isfinite().flatten(1).all(1)).sum())
        raise ValueError(
            f"{where}: inputs must be finite, but got NaN or infinity in {rows} of {len(inputs)} examples."
        )
    if dataset.task == "regression":
        if not bool(labels.isfinite().all()):
            raise ValueError(f"{where}: targets must be finite, but got NaN or infinity.")
        return
    if int(labels.min()) < 0 or int(labels.max()) >= len(dataset.classes):
        raise ValueError(
            f"{where}: labels must lie in 0 to {len(dataset.classes) - 1}, but got {int(labels.min())} to {int(labels.max())}."
        )
    if len(present := labels.unique()) < 2:
        raise ValueError(
            f"{where}: at least two classes must occur, but got only {dataset.classes[int(present[0])]!r}."
        )
