"""A trained model with everything that predictions need, as one file of plain values and tensors."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from src.data.augmentation import Augment
from src.data.preprocessing import Preprocessor, restored
from src.data.raw import Inputs
from src.data.target_scale import TargetScale
from src.data.transforms import Standardize
from src.data_spec import DataSpec
from src.disk import read_whole
from src.disk.tensors import load_tensors, save_tensors
from src.environment import filled_in
from src.models.build import build_model
from src.models.outputs import numbers_per_row, pooled, squeezed
from src.prediction.views import predict_views
from src.tasks import Task

# Axes: N rows, K classes.

FILE = "model.pt"  # in a run's folder
SAVED = Path("data") / FILE  # in a folder that MLflow has saved
ROWS, CHUNK = 4096, 2**22  # rows, and numbers of inputs, at once


@dataclass(frozen=True)
class Predictor:
    """What a run learned: from raw rows to logits, in the type that it was trained in."""

    target: str  # of the model, with its arguments
    arguments: dict[str, Any]
    spec: dict[str, Any]
    weights: dict[str, Tensor]
    standardize: dict[str, Any]
    preprocessor: dict[str, Any]
    task: Task
    classes: tuple[str, ...]
    threshold: float | None
    target_scale: dict[str, float] | None
    data: str  # the data set's name
    temperature: float | None = None  # that logits are divided by; None: none was fitted
    views: dict[str, Any] | None = None  # of test-time augmentation: `num` and `seed`, and the strengths of `augment`

    def save(self, path: Path) -> None:
        """Write it to `path`, whole; the disk may have it later."""
        save_tensors({**_values(self), "classes": list(self.classes)}, path, flush=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written: nothing is unpickled. DamagedError, naming the file, if it is none."""
        values = load_tensors(path)
        return read_whole(path, lambda _: cls(**{**values, "classes": tuple(values["classes"])}))

    @classmethod
    def of_run(cls, folder: Path) -> Self:
        """That of the run in `folder`, or of the model that it has saved; ValueError if it keeps neither."""
        if (path := place_of(folder)) is None:
            raise ValueError(
                f"{folder}: must hold a model (a run that has ended with tracking.save_model=true, or one of the best of a "
                "sweep), but got none."
            )
        return cls.load(path)

    @cached_property
    def intake(self) -> Preprocessor:
        """How rows become inputs."""
        return restored(self.preprocessor)

    @cached_property
    def model(self) -> nn.Module:
        """The model with its weights, for evaluation."""
        model = build_model(self.target, filled_in(self.arguments, "model."), DataSpec.of_state(self.spec), seed=0)
        dtype = next((value.dtype for value in self.weights.values() if value.is_floating_point()), torch.float32)
        model.to(dtype).load_state_dict(self.weights)
        return model.eval()

    @property
    def of_one_view(self) -> Self:
        """Itself; of one that averages views the model alone, whose threshold and temperature are not known."""
        return self if self.views is None else replace(self, views=None, threshold=None, temperature=None)

    @property
    def dtype(self) -> torch.dtype:
        """The type that it was trained in."""
        return next(self.model.parameters()).dtype

    @property
    def scale(self) -> TargetScale | None:
        """Of the targets of a regression."""
        return None if self.target_scale is None else TargetScale(**self.target_scale)

    def predict(self, given: Any) -> tuple[Inputs, Tensor]:
        """What came in, and the logits of those rows that could be read: (M,), or (M, K) of classes."""
        inputs = self.intake.inputs(self.intake.take(given))
        return inputs, self.logits(inputs.tensor)

    def logits(self, inputs: Tensor) -> Tensor:
        """Of preprocessed inputs (N, ...): (N,), or (N, K) of classes; of a regression the prediction in its units."""
        outputs = self._outputs(inputs)
        return outputs if self.temperature is None else outputs / self.temperature

    @torch.no_grad()
    def _outputs(self, inputs: Tensor) -> Tensor:
        standardize = Standardize(**self.standardize)
        size = min(ROWS, max(1, CHUNK // max(1, numbers_per_row(self.model, inputs[:1].numel()))))
        if self.views is not None:
            return predict_views(
                self.model,
                inputs,
                task=self.task,
                standardize=standardize,
                augment=Augment(**self.views["augment"]),
                seed=self.views["seed"],
                num_views=self.views["num"],
                dtype=self.dtype,
                chunk=size,
            )
        pieces = [pooled(self.model(standardize(piece.to(self.dtype))), self.task) for piece in inputs.split(size)]
        outputs = squeezed(torch.cat(pieces), self.task)
        return outputs if self.scale is None else self.scale.in_units(outputs)


def place_of(folder: Path) -> Path | None:
    """The file of the predictor of a run, or of a model that it has saved, in its folder."""
    places = (folder / FILE, folder / SAVED, folder / "model" / SAVED)
    return next((path for path in places if path.is_file()), None)


def _values(predictor: Predictor) -> Mapping[str, Any]:
    """Its fields by name, without what has been built of them."""
    return {field.name: getattr(predictor, field.name) for field in fields(predictor)}
