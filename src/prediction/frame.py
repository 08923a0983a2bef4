"""Predictions as a table."""

import numpy as np
import pandas as pd
from torch import Tensor

from src.prediction.predictor import Predictor


def prediction_frame(predictor: Predictor, logits: Tensor) -> pd.DataFrame:
    """One row per example of `logits` (N,) or (N, K).

    `probability` (of class 1) and `label` at the threshold; of several classes `probability_<class>` and the likeliest
    `label`; of a regression `prediction`.
    """
    logits, classes = logits.double(), np.array(predictor.classes)
    if predictor.task == "regression":
        return pd.DataFrame({"prediction": logits.numpy()})
    if predictor.task == "binary":
        probability = logits.sigmoid().numpy()
        label = classes[(probability >= predictor.threshold).astype(int)]
        return pd.DataFrame({"probability": probability, "label": label})
    probabilities = logits.softmax(-1).numpy()
    columns = {f"probability_{name}": probabilities[:, number] for number, name in enumerate(classes)}
    return pd.DataFrame({**columns, "label": classes[probabilities.argmax(-1)]})
