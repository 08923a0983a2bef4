"""The files and figures that a run leaves beside its results."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.transforms import Standardize
from src.plots import image_sheet, loss_curve
from src.runs import HISTORY
from src.runs.evaluation import Predictions, predictions_frame
from src.serving.save import save_model

NUM_MISTAKES = 24


def leave(
    run: Run,
    folder: Path,
    results: dict[str, Any],
    model: nn.Module,
    dataset: Dataset,
    standardize: Standardize,
    splits: dict[str, Predictions],
) -> None:
    """Write the loss curve and, if an epoch was finite, predictions, the model to serve, and figures of images."""
    note = "simulated data" if results["data"]["simulated"] else ""
    title = f"{results['data']['name']}, {folder.name}"
    curve = loss_curve(pd.read_csv(folder / HISTORY), results["best_epoch"], title, note)
    curve.savefig(folder / "loss_curve.png", dpi=120)
    if not splits:
        return
    predictions_frame(splits).to_parquet(folder / "predictions.parquet")
    save_model(
        folder,
        target=run.model["_target_"],
        arguments={name: value for name, value in run.model.items() if name != "_target_"},
        dataset=dataset,
        model=model,
        standardize=standardize,
        threshold=results["threshold"],
    )
    if dataset.is_image:
        _first_layer(folder, model, dataset, title, note)
        _mistakes(folder, dataset, splits, title, note)


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
