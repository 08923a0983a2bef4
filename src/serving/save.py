"""`model/` in a run's folder: what `mlflow models serve` loads."""

import importlib
import inspect
import logging
import os
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from src.data.preprocessing import Arrays
from src.prediction.predictor import Predictor

REQUIREMENTS = ("mlflow", "numpy", "pandas", "torch")
SOURCE = Path(__file__).resolve().parent.parent


def save_model(folder: Path, predictor: Predictor) -> Path:
    """Write `folder`/model, replacing what an earlier try left; returns its path.

    The requirements are named, not guessed: guessing imports the model in a fresh process and takes 10 s.
    """
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    shape, is_array = predictor.spec["input_shape"], predictor.preprocessor["kind"] == Arrays.kind
    of_array = ModelSignature(inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *shape))]))
    shutil.rmtree(folder / "model", ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice to give type hints or an example: the signature says it all
        predictor.save(Path(scratch) / "model.pt")
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            python_model=str(SOURCE / "serving" / "served.py"),
            artifacts={"model": str(Path(scratch) / "model.pt")},
            code_paths=_code(predictor.target),
            pip_requirements=[f"{name}=={version(name).split('+')[0]}" for name in REQUIREMENTS],
            signature=of_array if is_array else None,  # rows of a table are checked by our own preprocessing
        )
    return folder / "model"


def _code(target: str) -> list[str]:
    """Our package, and a user's own module or package where `target` lives in one."""
    top = target.split(".")[0]
    if top == SOURCE.name:
        return [str(SOURCE)]
    file = Path(inspect.getfile(importlib.import_module(top)))
    return [str(SOURCE), str(file.parent if file.name == "__init__.py" else file)]
