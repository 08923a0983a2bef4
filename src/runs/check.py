"""What can be found out about a run before any of it is recorded: whether its data, this machine and its model will do."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from src.config import Run, check_against_data
from src.config.schema import Trainer
from src.data.dataset import Dataset
from src.memory import check_fits
from src.models.arguments import MODELS
from src.models.dropout import dropout_layers, set_rows
from src.models.initialisers import BYTES
from src.runs.build import build_run_model, check_compiler, check_schedule, dtype_of, spec_of

AVAILABLE: dict[str, Callable[[], bool]] = {
    "gpu": lambda: torch.cuda.is_available() or torch.backends.mps.is_available(),
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "tpu": lambda: find_spec("torch_xla") is not None,
}
ROWS = 2  # that a model is tried on: some layers want more than one


def check_run(run: Run, dataset: Dataset) -> None:
    """Raise ValueError, naming the key, for the first rule that `run` breaks on its data or on this machine."""
    check_against_data(run, dataset.task, is_image=dataset.is_image, has_codes=dataset.has_codes)
    check_machine(run.trainer)
    check_schedule(run, run.epochs * -(-len(dataset.train) // (run.batch_size * run.trainer.accumulate_grad_batches)))
    check_model(run, dataset)


def check_some(runs: Sequence[Run], dataset: Dataset) -> None:
    """Raise what is wrong with the first of `runs`, which have `dataset`, if something is wrong with every one of them."""
    broken = []
    for run in runs:
        try:
            check_run(run, dataset)
        except ValueError as error:
            broken.append(error)
        else:
            return
    if broken:
        raise broken[0]


def check_machine(trainer: Trainer) -> None:
    """Raise ValueError for an accelerator or devices that are not there, or a precision that these have not."""
    name, on_gpu = trainer.accelerator, torch.cuda.is_available() and trainer.accelerator != "cpu"
    if name in AVAILABLE and not AVAILABLE[name]():
        raise ValueError(f"trainer.accelerator: must be auto or cpu where there is no {name}, but got {name}.")
    if trainer.compile:
        check_compiler(torch.device("cuda" if on_gpu else "cpu"))
    if trainer.precision == "16-mixed" and not (on_gpu or name in ("gpu", "mps")):
        raise ValueError("trainer.precision: must be 32-true, 64-true or bf16-mixed without a GPU, but got 16-mixed.")
    if isinstance(trainer.devices, list) and not on_gpu:
        raise ValueError(f"trainer.devices: must be a number where there is no GPU, but got {trainer.devices}.")
    there = torch.cuda.device_count() if on_gpu else None
    wanted = max(trainer.devices) + 1 if isinstance(trainer.devices, list) else trainer.devices
    if there is not None and isinstance(wanted, int) and wanted > there:
        raise ValueError(f"trainer.devices: must be among the {there} that are there, but got {trainer.devices}.")


def check_model(run: Run, dataset: Dataset) -> None:
    """Raise ValueError unless the model can be built and, of a user's own, gives logits of two rows that it can learn from.

    Of one of ours that is layers alone only the sizes may be wrong: it is not built, which may take longer than all else.
    """
    target = run.model["_target_"]
    ours = MODELS.get(target)
    if ours and not (ours.knows_columns or ours.knows_places):
        spec = spec_of(run, dataset)
        widths = [spec.num_features, *run.model.get("widths", []), spec.num_outputs]
        check_fits("model", BYTES * max(fan_in * fan_out for fan_in, fan_out in pairwise(widths)))
        check_fits("model", dtype_of(run).itemsize * sum(fan_in * fan_out for fan_in, fan_out in pairwise(widths)))
        return
    model = build_run_model(run, dataset).to(dtype_of(run))
    if ours:
        return
    inputs = dataset.train.inputs[:ROWS].to(dtype_of(run))
    outputs = _outputs(target, model, inputs)
    shape, logits = (len(inputs), dataset.num_outputs), tuple(outputs.shape)
    if len(logits) not in (2, 3) or (logits[0], logits[-1]) != shape:
        raise ValueError(f"model: {target} must give logits {shape} of {len(inputs)} rows, but got {logits}.")
    if not outputs.requires_grad:
        raise ValueError(f"model: {target} must have parameters that its outputs depend on, but got none to train.")


def _outputs(target: str, model: nn.Module, inputs: Tensor) -> Tensor:
    set_rows(dropout_layers(model.train()), torch.arange(len(inputs)))
    try:
        with torch.random.fork_rng(devices=[]):
            outputs: Any = model(inputs)
    except Exception as error:  # a user's module may fail in any way
        raise ValueError(
            f"model: {target} must take inputs {tuple(inputs.shape)}, but got {type(error).__name__}: {error}"
        ) from error
    if not isinstance(outputs, Tensor):
        raise ValueError(f"model: {target} must give one tensor of logits, but got a {type(outputs).__name__}.")
    return outputs
