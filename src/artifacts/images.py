"""Figures of runs whose inputs are images."""

from torch import nn

from src.artifacts.evaluated import Evaluated
from src.artifacts.mistakes import mistakes
from src.plots import Figure, image_sheet

UNITS = 32
MISTAKES = 24


def first_layer(model: nn.Module, input_shape: tuple[int, ...], title: str, note: str) -> Figure | None:
    """The weights of the first layer's units, or its kernels, the largest first; None of a model without such."""
    weight = getattr(model, "first_layer_weight", None)
    if weight is None:
        return None
    of_unit = input_shape if weight.ndim == 2 else weight.shape[1:]
    units = weight.detach().cpu().reshape(-1, *of_unit).mean(1)
    largest = units.flatten(1).norm(dim=1).argsort(descending=True)[:UNITS]
    captions = [f"unit {int(unit)}" for unit in largest]
    return image_sheet(units[largest].numpy(), captions, f"First layer: {title}", signed=True, note=note)


def mistakes_sheet(told: Evaluated, title: str, note: str) -> Figure | None:
    """What is decided most wrongly, with the probability of the true class; None of a regression, or if nothing is wrong."""
    if told.task == "regression" or len(worst := mistakes(told)[:MISTAKES]) == 0:
        return None
    images = told.split.inputs[worst].float().mean(1).numpy()
    labels, of_label = told.found.labels[worst].tolist(), told.of_label[worst].tolist()
    captions = [f"{told.classes[label]}\np = {p:.3f}" for label, p in zip(labels, of_label, strict=True)]
    title = f"Worst mistakes on {told.name}, with p of the true class: {title}"
    return image_sheet(images, captions, title, note=note)
