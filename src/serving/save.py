"""`model/` in a run's folder: what `mlflow models serve` loads."""

import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path

from src.prediction.predictor import FILE, Predictor
from src.serving.example import input_example, inputs_told, output_columns
from src.serving.package import write_package


def save_model(folder: Path, predictor: Predictor) -> Path:
    """Write `folder`/model, replacing what an earlier try left; returns its path. It may be moved anywhere.

    The signature names the outputs; the inputs are named in `metadata`. A signature of inputs is enforced by MLflow before a
    model sees them (3.17, `mlflow.models.utils._enforce_schema`), and each that there is refuses what a model here takes:
    one of tensors frames and other types, one of named columns rows without names, text where there were numbers, whole
    numbers where there was text; `Any` types are refused with CSV.

    The requirements are named, not guessed: guessing imports the model in a fresh process and takes 10 s.
    """
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    outputs = Schema([ColSpec(kind, name) for name, kind in output_columns(predictor).items()])
    shutil.rmtree(folder / "model", ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice to describe the inputs by types
        package = write_package(Path(scratch), predictor.target, predictor.intake.kind)
        predictor.save(Path(scratch) / FILE)
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            loader_module=package.loader,
            data_path=str(Path(scratch) / FILE),
            code_paths=[str(path) for path in package.paths],
            pip_requirements=package.requirements,
            signature=ModelSignature(inputs=None, outputs=outputs),
            input_example=input_example(predictor),
            metadata={"inputs": inputs_told(predictor), "task": predictor.task, "threshold": predictor.threshold},
        )
    return folder / "model"
