"""What a run leaves for people beside its record: figures, and the model to serve. A listener; made from the record."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from src.config.loading import load
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.plots import image_sheet, loss_curve
from src.runs.background import Background
from src.runs.build import standardize_of
from src.runs.evaluation import PREDICTIONS, Predictions, predictions_frame, read_predictions
from src.runs.files import HISTORY, WEIGHTS
from src.runs.identity import read_config
from src.runs.job import Job
from src.runs.outcome import Outcome, Trained, predicted, rebuilt
from src.runs.results import Results
from src.serving.save import save_model

log = logging.getLogger(__name__)

NUM_MISTAKES = 24


class Artifacts:
    """Leaves figures and model of each run that is to have them, in `background`. What fails there costs a warning."""

    def __init__(self, background: Background) -> None:
        self.background = background

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """There is nothing to show yet."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """The end shows all of it."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """A run that came to its end, and keeps its model."""
        if isinstance(outcome, Trained) and job.run.tracking.save_model:
            self.background.submit(lambda: self._leave(job.folder, outcome))

    def _leave(self, folder: Path, trained: Trained) -> None:
        try:
            leave(folder, trained.run, trained.model, trained.dataset, trained.standardize)
        except Exception as error:  # a matplotlibrc, say, or a user's model that cannot be saved
            log.warning("%s: figures and model are not all there: %s: %s", folder, type(error).__name__, error)


def leave_model(folder: Path) -> None:
    """Predictions on val, figures and the model to serve, of a run that has kept its weights alone."""
    run = load(read_config(folder))
    dataset = read_dataset(run.data)
    standardize = Standardize.fit(dataset.train.inputs, standardize_of(run))
    weights = torch.load(folder / WEIGHTS, weights_only=True)
    model = rebuilt(run, weights, dataset)
    val = predicted(run, model, dataset.val, dataset, standardize)
    predictions_frame({"val": val}).to_parquet(folder / PREDICTIONS)
    leave(folder, run, model, dataset, standardize)


def leave(folder: Path, run: Run, model: nn.Module, dataset: Dataset, standardize: Standardize) -> None:
    """Write the loss curve and, if an epoch was finite, the model to serve, and figures of images."""
    results = Results.read(folder)
    assert results is not None
    note = "simulated data" if dataset.simulated else ""
    title = f"{dataset.name}, {folder.name}"
    curve = loss_curve(pd.read_csv(folder / HISTORY), results.best_epoch, title, note)
    curve.savefig(folder / "loss_curve.png", dpi=120)
    splits = read_predictions(folder)
    if not splits:
        return
    if dataset.is_image:
        _first_layer(folder, model, dataset, title, note)
        _mistakes(folder, dataset, splits, title, note)
    save_model(
        folder,
        target=run.model["_target_"],
        arguments={name: value for name, value in run.model.items() if name != "_target_"},
        dataset=dataset,
        model=model,
        standardize=standardize,
        threshold=results.threshold,
    )
    (folder / WEIGHTS).unlink(missing_ok=True)  # the model holds them


def _first_layer(folder: Path, model: nn.Module, dataset: Dataset, title: str, note: str) -> None:
    weight = getattr(model, "first_layer_weight", None)
    if weight is None:
        return
    channels, height, width = dataset.input_shape
    units = weight.detach().cpu().reshape(-1, channels, height, width).mean(1)
    largest = units.flatten(1).norm(dim=1).argsort(descending=True)[:32]
    figure = image_sheet(
        units[largest].numpy(),
        [f"unit {int(unit)}" for unit in largest],
        f"First layer: {title}",
        signed=True,
        note=note,
    )
    figure.savefig(folder / "first_layer.png", dpi=120)


def _mistakes(folder: Path, dataset: Dataset, splits: dict[str, Predictions], title: str, note: str) -> None:
    name, predictions = list(splits.items())[-1]
    if dataset.task == "regression":
        return
    logits = predictions.logits
    probabilities = torch.stack([-logits, logits], -1).div(2).softmax(-1) if logits.ndim == 1 else logits.softmax(-1)
    of_label = probabilities.gather(1, predictions.labels.unsqueeze(1)).squeeze(1)
    wrong = (probabilities.argmax(1) != predictions.labels).nonzero().squeeze(1)
    worst = wrong[of_label[wrong].argsort()][:NUM_MISTAKES]
    if len(worst) == 0:
        return
    images = getattr(dataset, name).inputs[worst].float().mean(1).numpy()
    classes = dataset.classes
    captions = [f"{classes[int(predictions.labels[row])]}\np = {float(of_label[row]):.3f}" for row in worst]
    figure = image_sheet(images, captions, f"Worst mistakes on {name}, with p of the true class: {title}", note=note)
    figure.savefig(folder / "worst_mistakes.png", dpi=120)
