"""A run that was trained, as Python has it: its figures, curves and predictions, from its folder."""

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from src import runs
from src.config.leaves import leaves
from src.lab.show import curve_and_table, image, number
from src.plots import Figure, loss_curve
from src.prediction.predictor import Predictor
from src.report.__main__ import report
from src.runs.evaluation import PREDICTIONS
from src.runs.identity import read_config
from src.runs.results import Results
from src.runs.summary import SHOWN
from src.runs.training_mode import why_above_val
from src.serving.predict import predict_rows


class Run:
    """The run in `folder`. What it holds is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """As `run=` and `resume=` take it."""
        return runs.label(self.folder)

    @cached_property
    def results(self) -> Results:
        """How it ended, and how good it is; ValueError while it has not ended."""
        found = Results.read(self.folder)
        if found is None:
            raise ValueError(f"{self.folder}: must be a run that has ended, but got one that has no results.")
        return found

    @property
    def figures(self) -> dict[str, float]:
        """Its figures on val and test, flat: `val_auroc`, `test_auroc`, `test_auroc_low`."""
        of_each = {"val": self.results.val, "test": self.results.test}
        return {f"{split}_{name}": value for split, found in of_each.items() for name, value in (found or {}).items()}

    @cached_property
    def config(self) -> dict[str, Any]:
        """Every key that it was trained with, nested."""
        return read_config(self.folder)

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row for each epoch, from 1: `train/loss`, `val/loss` and what else its task has; before the first none."""
        rows = runs.read_history(self.folder)
        return pd.DataFrame(rows, columns=None if rows else ["epoch"]).astype({"epoch": int})

    @property
    def predictions(self) -> pd.DataFrame:
        """What it predicted of each row of val, and of test if it has read that: `split`, `row`, `label`, logits.

        ValueError where it has left none.
        """
        if not (path := self.folder / PREDICTIONS).is_file():
            raise ValueError(f"{self.folder}: must be a run that has left {PREDICTIONS}, but got none.")
        return pd.read_parquet(path)

    @cached_property
    def predictor(self) -> Predictor:
        """From raw rows to logits; ValueError where the run keeps no model."""
        return Predictor.of_run(self.folder)

    @property
    def model(self) -> nn.Module:
        """The model with the weights that were kept, in evaluation mode; it takes standardised inputs."""
        return self.predictor.model

    def predict(self, given: Any) -> pd.DataFrame:
        """Predict each row of a frame, an array, a list, or of images: probabilities and labels, of a regression numbers.

        A row that cannot be read has none, and its column `error` says why.
        """
        return predicted([self.predictor], given)

    def plot(self) -> Figure:
        """Its loss curves, the epoch that is kept and the last one; ValueError where it has trained no epoch."""
        if self.history.empty:
            raise ValueError(f"{self.folder}: must be a run that has trained an epoch, but got one without any.")
        settings = dict(leaves(self.config))
        why, keeps_last = why_above_val(settings), settings["keep"] == "last"
        return loss_curve(self.history, self.results.best_epoch, self.name, why, keeps_last=keeps_last)

    def report(self) -> Path:
        """The page that `python -m src.report` writes of it; its path."""
        return report({"run": str(self.folder)})

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str | None:
        """None, for which a notebook shows `repr`, of a run that has not ended or trained no epoch."""
        if Results.read(self.folder) is None or self.history.empty:
            return None
        found, task = self.results, str((self.results.data or {}).get("task"))
        told: dict[str, list[Any]] = {"": ["val", "test"]}
        for name in SHOWN.get(task, ()):
            told[name] = ["" if not figures else _bounded(figures, name) for figures in (found.val, found.test)]
        told["epochs"] = [f"{found.best_epoch} kept, {found.stopped_epoch} trained ({found.stop_reason})"]
        return curve_and_table(self.name, image(self.plot()), told, self.folder)


def _bounded(figures: dict[str, float], name: str) -> str:
    if name not in figures:
        return ""
    bounds = [number(figures[f"{name}{end}"]) for end in ("_low", "_high") if f"{name}{end}" in figures]
    return f"{number(figures[name])}{f' [{bounds[0]}, {bounds[1]}]' if bounds else ''}"


def predicted(models: list[Predictor], given: Any) -> pd.DataFrame:
    """What the mean of `models` predicts of each row of `given`, by the index that a frame has."""
    frame = predict_rows(models, models[0].intake.take(given), "input").frame.drop(columns="row")
    return frame.set_axis(given.index) if isinstance(given, pd.DataFrame) else frame
