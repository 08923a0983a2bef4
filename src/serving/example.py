"""What a saved model shows of its inputs and outputs: made up, so that no row of anybody's data leaves with it."""

from typing import Any

import numpy as np
import pandas as pd

from src.data.preprocessing import TableRows
from src.prediction.predictor import Predictor


def input_example(predictor: Predictor) -> Any:
    """One row as a client sends it: of a table the middle of each column of train, else numbers that are all 0."""
    if isinstance(predictor.intake, TableRows):
        return pd.DataFrame([{column.name: column.example for column in predictor.intake.columns}])
    shape = predictor.spec["input_shape"]
    return np.zeros((1, *shape), np.uint8 if len(shape) == 3 else np.float64)


def inputs_told(predictor: Predictor) -> dict[str, Any]:
    """What the inputs are, by name: a table's columns with their kinds, else the shape of one input."""
    if isinstance(predictor.intake, TableRows):
        return {column.name: column.kind for column in predictor.intake.columns}
    return {"shape": list(predictor.spec["input_shape"])}


def output_columns(predictor: Predictor) -> dict[str, str]:
    """What an answer has of each row, and of which type MLflow takes it to be."""
    if predictor.task == "regression":
        return {"prediction": "double"}
    if predictor.task == "binary":
        return {"probability": "double", "label": "string"}
    return {**{f"probability_{name}": "double" for name in predictor.classes}, "label": "string"}
