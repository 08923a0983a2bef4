"""A run's model as ONNX: from preprocessed inputs to probabilities, or to predictions in their units."""

import copy
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from src.data.preprocessing import TableRows
from src.data.transforms import Standardize
from src.data_spec import DataSpec
from src.disk import check_output, whole_file
from src.models.outputs import pooled
from src.prediction.predictor import Predictor

# Axes: N rows, K classes.

OPSET = 18  # of 2022: older runtimes know it
BATCHES = (1, 2, 7, 64)
TOLERANCE = 1e-5  # of a probability, or of a regression's standard deviation
INPUT = "inputs"
OUTPUTS = {"binary": "probability", "multiclass": "probabilities", "regression": "prediction"}


class Whole(nn.Module):
    """float32 (N, ...) to what people read: probabilities (N,) or (N, K), or predictions (N,)."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.task, self.scale, self.temperature = predictor.task, predictor.scale, predictor.temperature
        self.standardize = Standardize(**predictor.standardize)
        self.model = copy.deepcopy(predictor.model).float().eval()

    def forward(self, inputs: Tensor) -> Tensor:
        outputs = pooled(self.model(self.standardize(inputs)), self.task)
        if self.temperature is not None:
            outputs = outputs / self.temperature
        if self.task == "multiclass":
            return outputs.softmax(-1)
        if self.task == "binary":
            return outputs.squeeze(-1).sigmoid()
        return outputs.squeeze(-1) if self.scale is None else self.scale.in_units(outputs.squeeze(-1))


def export_onnx(predictor: Predictor, output: Path) -> float:
    """Write the model to `output`, float32 with any number of rows; gives how far it was off on made-up inputs.

    What is known of it (features, classes, threshold, preprocessing) is in its metadata. Raises ValueError, and writes
    nothing, if torch cannot export it, or if ONNX Runtime gives other numbers than the predictor.
    """
    check_output(output, (".onnx",))
    content = _exported(predictor)
    off = _difference(predictor, content)
    if not off <= TOLERANCE:
        raise ValueError(
            f"run: ONNX Runtime must give the model's numbers to {TOLERANCE:g}, but got a difference of {off:.2g}."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(output) as part:
        part.write_bytes(content)
    return off


def made_up_inputs(predictor: Predictor, rows: int) -> Tensor:
    """float32 (rows, ...) of the size that the model's inputs have: around train's mean, or pixels; codes for codes."""
    spec, standardize = DataSpec.of_state(predictor.spec), Standardize(**predictor.standardize)
    generator = torch.Generator().manual_seed(rows)
    shape = (rows, *spec.input_shape)
    if len(shape) == 4 and standardize.how in ("images", "none"):
        return torch.randint(256, shape, generator=generator).float()
    inputs = standardize.mean + standardize.sd * torch.randn(shape, generator=generator, dtype=torch.float64)
    for column, size in spec.categorical.items():
        inputs[:, column] = torch.randint(size, (rows,), generator=generator).double()
    return inputs.float()


def _exported(predictor: Predictor) -> bytes:
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # of torchvision, which is not there
    name = OUTPUTS[predictor.task]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program: Any = torch.onnx.export(
                Whole(predictor),
                (made_up_inputs(predictor, 2),),
                input_names=[INPUT],
                output_names=[name],
                dynamic_shapes=({0: torch.export.Dim("rows")},),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # a module of a user's may do what ONNX has no word for
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"run: its model must be one that torch can export, but got: {type(error).__name__}: {reason}."
        ) from error
    model = program.model_proto
    onnx.helper.set_model_props(model, metadata(predictor))
    content: bytes = model.SerializeToString()
    return content


def metadata(predictor: Predictor) -> dict[str, str]:
    """What is known of a model, each as JSON: `preprocessing` is how raw rows become `inputs`, where it is plain."""
    intake = predictor.intake
    known = {
        "task": predictor.task,
        "data": predictor.data,
        "features": intake.features if isinstance(intake, TableRows) else None,
        "classes": list(predictor.classes),
        "threshold": predictor.threshold,
        "preprocessing": predictor.preprocessor,
    }
    return {name: json.dumps(value) for name, value in known.items() if value is not None and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def _difference(predictor: Predictor, content: bytes) -> float:
    """The largest difference of what ONNX Runtime gives from what the predictor gives, in units of the tolerance's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content)
    size = 1.0 if predictor.scale is None else predictor.scale.sd
    found = []
    for rows in BATCHES:
        inputs = made_up_inputs(predictor, rows)
        (given,) = session.run([OUTPUTS[predictor.task]], {INPUT: inputs.numpy()})
        wanted = probabilities(predictor, inputs).numpy()
        off = np.abs(given - wanted)
        found.append(
            float((off / np.maximum(size, np.abs(wanted))).max() if predictor.task == "regression" else off.max())
        )
    return float(np.max(found))  # NaN, if there is any


def probabilities(predictor: Predictor, inputs: Tensor) -> Tensor:
    """What the predictor makes of preprocessed inputs, as `Whole` gives it, in float64."""
    logits = predictor.logits(inputs).double()
    if predictor.task == "multiclass":
        return logits.softmax(-1)
    return logits.sigmoid() if predictor.task == "binary" else logits
