"""The parts of a run, built from its settings; the same for every engine."""

import os
import shutil
from typing import Any

import torch
from torch import nn

from src.config import Run, loss_name
from src.data.augmentation import Augment
from src.data.dataset import Dataset
from src.data_spec import DataSpec
from src.losses import Loss, per_example
from src.models.build import build_model
from src.runs.objective import Objective
from src.runs.progress import Progress
from src.schedules import Shape, factor

MOST_STEPS = 10**8  # whose learning rates are held at once: 0.8 GB
DTYPES = {"64-true": torch.float64}


def build_run_model(run: Run, dataset: Dataset) -> nn.Module:
    """The model of a run with its initial weights."""
    return build_model(run.model["_target_"], model_arguments(run), spec_of(run, dataset), seed=run.seed)


def spec_of(run: Run, dataset: Dataset) -> DataSpec:
    """What the model of a run is told of its data, as they come to it."""
    return dataset.spec_as(standardize_of(run))


def model_arguments(run: Run) -> dict[str, Any]:
    """What its constructor is given, beside what the data and the seed set."""
    return {name: value for name, value in run.model.items() if name != "_target_"}


def build_loss(run: Run, task: str) -> Loss:
    """The loss of a run, one value per example."""
    return per_example(loss_name(run, task), task, pos_weight=run.pos_weight, label_smoothing=run.label_smoothing)


def build_factors(run: Run, total_steps: int) -> list[float] | None:
    """The schedule of a run as one factor per step; None where the rate never changes.

    Raises ValueError if the warm-up is longer than the run, or the run than any that ends.
    """
    check_schedule(run, total_steps)
    if run.schedule.name == "constant" and run.schedule.warmup_steps == 0:
        return None
    settings = run.schedule.model_dump(exclude={"name"})
    return factor(run.schedule.name, torch.arange(total_steps), Shape(total_steps, **settings)).tolist()


def check_schedule(run: Run, total_steps: int) -> None:
    """Raises ValueError if the warm-up is longer than the run, or the run than any that ends."""
    if total_steps > MOST_STEPS:
        raise ValueError(f"epochs: must make at most {MOST_STEPS:,} steps of the optimizer, but got {total_steps:,}.")
    if (given := run.schedule.warmup_steps) >= total_steps:
        raise ValueError(f"schedule.warmup_steps: must be less than the run's {total_steps} steps, but got {given}.")


def build_progress(run: Run, epochs: int) -> Progress:
    """How far a run of so many `epochs` has come: not yet begun."""
    objective = Objective.of(run.first_objective)
    return Progress(objective, epochs=epochs, patience=run.patience, keeps_last=run.keep == "last")


def build_augment(run: Run, dataset: Dataset) -> Augment | None:
    """The augmentation of a run, if it has one."""
    return Augment(**run.augment.model_dump(), white=dataset.white) if run.augment.is_on else None


def check_compiler(device: torch.device) -> None:
    """Raises ValueError unless torch.compile can work for `device`."""
    if device.type == "cpu" and not shutil.which(name := os.environ.get("CXX", "g++")):
        raise ValueError(f"trainer.compile: on CPUs a C++ compiler must be installed, but got no {name}.")


def device_of(run: Run) -> torch.device:
    """Where a run trains."""
    return torch.device("cuda" if run.trainer.accelerator != "cpu" and torch.cuda.is_available() else "cpu")


def dtype_of(run: Run) -> torch.dtype:
    """The type of weights and inputs."""
    return DTYPES.get(run.trainer.precision, torch.float32)


def standardize_of(run: Run) -> str:
    """How inputs are standardised."""
    return str(run.data.get("standardize", "features"))
