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
from typing import Any

import numpy as np
import torch
from torch import nn

from src.data.dataset import Dataset
from src.data.transforms import Standardize

REQUIREMENTS = ("mlflow", "numpy", "pandas", "torch")
SOURCE = Path(__file__).resolve().parent.parent


def save_model(
    folder: Path,
    *,
    target: str,
    arguments: dict[str, Any],
    dataset: Dataset,
    model: nn.Module,
    standardize: Standardize,
    threshold: float | None,
) -> Path:
    """Write `folder`/model, replacing what an earlier try left; returns its path.

    The requirements are named, not guessed: guessing imports the model in a fresh process and takes 10 s.
    """
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    shape = dataset.input_shape
    bundle = {
        "target": target,
        "arguments": arguments,
        "input_shape": list(shape),
        "num_outputs": dataset.num_outputs,
        "state_dict": {name: tensor.cpu() for name, tensor in model.state_dict().items()},
        "standardize": {"how": standardize.how, "mean": standardize.mean.cpu(), "sd": standardize.sd.cpu()},
        "task": dataset.task,
        "classes": list(dataset.classes),
        "threshold": threshold,
    }
    shutil.rmtree(folder / "model", ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice to give type hints or an example: the signature says it all
        torch.save(bundle, Path(scratch) / "bundle.pt")
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            python_model=str(SOURCE / "serving" / "served.py"),
            artifacts={"bundle": str(Path(scratch) / "bundle.pt")},
            code_paths=_code(target),
            pip_requirements=[f"{name}=={version(name).split('+')[0]}" for name in REQUIREMENTS],
            signature=ModelSignature(inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *shape))])),
        )
    return folder / "model"


def _code(target: str) -> list[str]:
    """Our package, and a user's own module or package where `target` lives in one."""
    top = target.split(".")[0]
    if top == SOURCE.name:
        return [str(SOURCE)]
    file = Path(inspect.getfile(importlib.import_module(top)))
    return [str(SOURCE), str(file.parent if file.name == "__init__.py" else file)]
