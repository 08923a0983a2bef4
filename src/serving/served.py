"""The script that MLflow loads: from a model of plain values and tensors to predictions. Nothing is unpickled."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd

from src.prediction.frame import prediction_frame
from src.prediction.predictor import Predictor


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined]
    """Raw rows or images in, probabilities and decisions out."""

    def load_context(self, context: Any) -> None:
        """Rebuild the model and its preprocessing."""
        self.predictor = Predictor.load(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: np.ndarray, params: Any = None) -> pd.DataFrame:  # MLflow warns of Any
        """One row for each of `model_input`, as `src.predict` writes them.

        Raises ValueError, naming the row from 1, for the first that cannot be read.
        """
        inputs, logits = self.predictor.predict(model_input)
        for place, reason in inputs.faults.items():
            raise ValueError(f"input: row {place + 1} {reason}.")
        one = self.predictor
        return prediction_frame([logits], one.task, one.classes, one.threshold)


mlflow.models.set_model(Served())
