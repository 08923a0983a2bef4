"""The script that MLflow loads: from a bundle of plain values and tensors to predictions. Nothing is unpickled."""

from typing import Any

import mlflow
import numpy as np
import pandas as pd
import torch

from src.data.transforms import Standardize
from src.models.build import build_model


class Served(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined]
    """Rows of raw features or pixel values in, probabilities and decisions out."""

    def load_context(self, context: Any) -> None:
        """Rebuild model, transform and threshold from the bundle."""
        self.bundle = torch.load(context.artifacts["bundle"], weights_only=True)
        shape = tuple(self.bundle["input_shape"])
        self.model = build_model(
            self.bundle["target"],
            self.bundle["arguments"],
            num_features=int(np.prod(shape)),
            num_outputs=self.bundle["num_outputs"],
            input_shape=shape,
            seed=0,
        ).eval()
        self.model.load_state_dict(self.bundle["state_dict"])
        self.standardize = Standardize(**self.bundle["standardize"])

    def predict(self, context: Any, model_input: np.ndarray, params: Any = None) -> pd.DataFrame:
        """One row per example: `probability` and `label`, or one probability per class, or `prediction`.

        `model_input`: (N, features...) or flat (N, F), values as they are in the data set.
        """
        shape = tuple(self.bundle["input_shape"])
        values = np.asarray(model_input, dtype=np.float32)
        if values.size == 0 or values[0].size != int(np.prod(shape)):
            raise ValueError(f"input: each row must hold {int(np.prod(shape))} values, but got shape {values.shape}.")
        with torch.no_grad():
            logits = self.model(self.standardize(torch.from_numpy(values).reshape(-1, *shape))).double()
        return self._frame(logits)

    def _frame(self, logits: torch.Tensor) -> pd.DataFrame:
        classes = self.bundle["classes"]
        if self.bundle["task"] == "regression":
            return pd.DataFrame({"prediction": logits.squeeze(-1).numpy()})
        if self.bundle["task"] == "binary":
            probability = torch.sigmoid(logits.squeeze(-1)).numpy()
            decided = probability >= self.bundle["threshold"]
            return pd.DataFrame({"probability": probability, "label": np.where(decided, classes[1], classes[0])})
        probabilities = logits.softmax(-1).numpy()
        frame = pd.DataFrame(probabilities, columns=[f"probability_{name}" for name in classes])
        return frame.assign(label=[classes[index] for index in probabilities.argmax(-1)])


mlflow.models.set_model(Served())
