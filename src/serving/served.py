"""What MLflow loads: from a model of plain values and tensors to predictions. Nothing is unpickled."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from src.prediction.frame import prediction_frame
from src.prediction.predictor import Predictor
from src.serving.given import plain

OURS = "src"  # what this package is called where a model is trained


class Served:
    """Raw rows or images in, probabilities and decisions out."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, given: Any) -> pd.DataFrame:
        """One row for each of `given`, as `src.predict` writes them.

        Raises MlflowException, whose text the client of a server reads, naming the row from 1, if one cannot be read.
        """
        one = self.predictor
        try:
            inputs = one.intake.inputs(one.intake.take(plain(given)))
            for place, reason in sorted(inputs.faults.items()):
                raise ValueError(f"input: row {place + 1}: {reason}.")
        except ValueError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error
        return prediction_frame([one.logits(inputs.tensor)], one.task, one.classes, one.threshold)


def _load_pyfunc(path: str) -> Served:
    """The model whose file is at `path`: its class, if it is one of ours, is the one that is packed with this module."""
    predictor = Predictor.load(Path(path))
    top, _, rest = predictor.target.partition(".")
    package = __name__.partition(".")[0]
    return Served(replace(predictor, target=f"{package}.{rest}") if top == OURS else predictor)
