"""The figures of the best run's predictions, by task."""

from src.report.calibration import calibration, confusion
from src.report.predictions import Predictions
from src.report.regression import errors, predicted
from src.report.roc_pr import precision_recall, roc
from src.report.style import Figure


def diagnosis(found: Predictions) -> list[Figure]:
    """Every figure that the task has; ROC, precision and recall need examples of each class."""
    if found.task == "regression":
        return [predicted(found), errors(found)]
    ranked = [roc(found), precision_recall(found)] if found.has_all_classes else []
    return [*ranked, calibration(found), confusion(found)]
