"""The files that people look at, of one run, from its record and its data."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from src.artifacts.classes import classes_table, confusion_counts
from src.artifacts.evaluated import Evaluated
from src.artifacts.images import first_layer, mistakes_sheet
from src.artifacts.importance import importance_table
from src.artifacts.mistakes import mistakes_table
from src.artifacts.slices import slices_table
from src.config.leaves import leaves
from src.config.messages import explain
from src.data.dataset import Dataset
from src.data.preprocessing import TableRows
from src.disk import whole_file
from src.plots import confusion, importance_bars, layer_curves, layer_figures, loss_curve, save_figure
from src.prediction.predictor import FILE, Predictor
from src.runs.evaluation import PREDICTIONS, predicted, predictions_frame, read_predictions
from src.runs.files import HISTORY
from src.runs.identity import read_config, read_run
from src.runs.results import Results
from src.runs.training_mode import why_above_val
from src.serving.save import save_model

log = logging.getLogger(__name__)


@contextmanager
def warned(folder: Path) -> Iterator[None]:
    """What fails inside costs a warning: a user's model that cannot be saved, say."""
    try:
        yield
    except Exception as error:
        log.warning("%s: figures and model are not all there: %s", folder, explain(error))


def leave_model(folder: Path, read: Callable[[Mapping[str, Any]], Dataset]) -> None:
    """Predictions on val, figures, tables and the model to serve, of a run that has kept its weights alone; `read` its data."""
    dataset = read(read_run(folder).data)
    val = predicted(Predictor.of_run(folder), dataset, dataset.val)
    with whole_file(folder / PREDICTIONS) as part:
        predictions_frame({"val": val}, dataset).to_parquet(part)
    leave(folder, dataset)


def leave(folder: Path, dataset: Dataset) -> None:
    """Write the loss curve and, if an epoch was finite, figures and tables of its predictions and the model to serve."""
    results = Results.read(folder)
    assert results is not None
    note = "simulated data" if dataset.simulated else ""
    title = f"{dataset.name}, {folder.name}"
    history = pd.read_csv(folder / HISTORY)
    settings, best = dict(leaves(read_config(folder))), results.best_epoch
    why, keeps_last = " ".join([f"{note}."] * bool(note) + [why_above_val(settings)]), settings["keep"] == "last"
    save_figure(lambda: loss_curve(history, best, title, why, keeps_last=keeps_last), folder / "loss_curve.png")
    if layer_figures(history):
        save_figure(lambda: layer_curves(history, f"Layers of {title}", note), folder / "layers.png")
    splits = read_predictions(folder)
    if splits:
        _leave_of_predictions(folder, dataset, Evaluated.last(dataset, splits, results), title, note)


def _leave_of_predictions(folder: Path, dataset: Dataset, told: Evaluated, title: str, note: str) -> None:
    predictor = Predictor.of_run(folder)
    _write(folder / "slices.csv", slices_table(told))
    _write(folder / "worst_mistakes.csv", mistakes_table(told))
    if dataset.task != "regression":
        _write(folder / "classes.csv", classes_table(told))
        counts, of_split = confusion_counts(told).numpy(), f"Confusion on {told.name}: {title}"
        save_figure(lambda: confusion(counts, dataset.classes, of_split, note), folder / "confusion.png")
    if isinstance(dataset.preprocessor, TableRows):
        table = importance_table(told, predictor, dataset.preprocessor)
        _write(folder / "importance.csv", table)
        if table is not None:
            of_columns = f"Importance of columns on {told.name}: {title}"
            save_figure(lambda: importance_bars(table, of_columns, note), folder / "importance.png")
    if dataset.is_image:
        place = folder / "first_layer.png"
        save_figure(lambda: first_layer(predictor.model, dataset.input_shape, title, note), place)
        save_figure(lambda: mistakes_sheet(told, title, note), folder / "worst_mistakes.png")
    save_model(folder, predictor)
    (folder / FILE).unlink()  # the model holds it


def _write(path: Path, table: pd.DataFrame | None) -> None:
    if table is not None:
        with whole_file(path, flush=False) as part:
            table.to_csv(part, index=False)
