"""The files that people look at, of one run, from its record and its data."""

from pathlib import Path

import pandas as pd

from src.artifacts.classes import classes_table, confusion_counts
from src.artifacts.evaluated import Evaluated
from src.artifacts.images import first_layer, mistakes_sheet
from src.artifacts.importance import importance_table
from src.artifacts.mistakes import mistakes_table
from src.artifacts.slices import slices_table
from src.data.dataset import Dataset
from src.data.preprocessing import TableRows
from src.data.reading import read_dataset
from src.plots import Figure, confusion, importance_bars, loss_curve
from src.prediction.predictor import FILE, Predictor
from src.runs.evaluation import PREDICTIONS, predicted, predictions_frame, read_predictions
from src.runs.files import HISTORY
from src.runs.identity import read_run
from src.runs.results import Results
from src.serving.save import save_model


def leave_model(folder: Path) -> None:
    """Predictions on val, figures, tables and the model to serve, of a run that has kept its weights alone."""
    dataset = read_dataset(read_run(folder).data)
    val = predicted(Predictor.of_run(folder), dataset, dataset.val)
    predictions_frame({"val": val}, dataset).to_parquet(folder / PREDICTIONS)
    leave(folder, dataset)


def leave(folder: Path, dataset: Dataset) -> None:
    """Write the loss curve and, if an epoch was finite, figures and tables of its predictions and the model to serve."""
    results = Results.read(folder)
    assert results is not None
    note = "simulated data" if dataset.simulated else ""
    title = f"{dataset.name}, {folder.name}"
    _draw(folder / "loss_curve.png", loss_curve(pd.read_csv(folder / HISTORY), results.best_epoch, title, note))
    splits = read_predictions(folder)
    if not splits:
        return
    predictor, told = Predictor.of_run(folder), Evaluated.last(dataset, splits, results)
    _write(folder / "slices.csv", slices_table(told))
    _write(folder / "worst_mistakes.csv", mistakes_table(told))
    if dataset.task != "regression":
        _write(folder / "classes.csv", classes_table(told))
        title_of_split = f"Confusion on {told.name}: {title}"
        _draw(
            folder / "confusion.png", confusion(confusion_counts(told).numpy(), dataset.classes, title_of_split, note)
        )
    if isinstance(dataset.preprocessor, TableRows):
        table = importance_table(told, predictor, dataset.preprocessor)
        _write(folder / "importance.csv", table)
        title_of_columns = f"Importance of columns on {told.name}: {title}"
        _draw(folder / "importance.png", None if table is None else importance_bars(table, title_of_columns, note))
    if dataset.is_image:
        _draw(folder / "first_layer.png", first_layer(predictor.model, dataset.input_shape, title, note))
        _draw(folder / "worst_mistakes.png", mistakes_sheet(told, title, note))
    save_model(folder, predictor)
    (folder / FILE).unlink()  # the model holds it


def _write(path: Path, table: pd.DataFrame | None) -> None:
    if table is not None:
        table.to_csv(path, index=False)


def _draw(path: Path, figure: Figure | None) -> None:
    if figure is not None:
        figure.savefig(path, dpi=120)
