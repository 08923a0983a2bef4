"""What the page knows of the runs: their curves and weights, and the rows that they were trained on."""

import base64
import shlex
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from experiments.playground.knobs import Knob
from src import runs
from src.claims import Outcome
from src.config.leaves import leaves
from src.data.dataset import Split
from src.runs.training_mode import why_above_val

ALL = ("engine=native", "tracking.experiment=playground")  # of every command


def recorded(outcome: Outcome, knobs: Mapping[str, Knob], conditions: Sequence[str]) -> dict[str, Any]:
    """The runs of `outcome`; `conditions`: that of each position of the `knobs`.

    Weights and losses of all runs, one after another, are float32 in base64: of a run those of each layer, (units, inputs)
    row by row and then the biases; its losses on train, then those on val, an epoch each.
    """
    (seed,) = outcome.seeds
    found = [_run(outcome, condition, seed) for condition in outcome.conditions]
    place = {condition: number for number, condition in enumerate(outcome.conditions)}
    return {
        "positions": [place[condition] for condition in conditions],
        "runs": [run for run, _, _ in found],
        "weights": _base64([weights for _, weights, _ in found]),
        "losses": _base64([losses for _, _, losses in found]),
        "rows": _rows(outcome, knobs, conditions),
    }


def _run(outcome: Outcome, condition: str, seed: int) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Facts of a run, its weights, its losses."""
    job, model = outcome.jobs[condition, seed], outcome.model(condition, seed)
    history, results = runs.read_history(job.folder), runs.read_json(job.folder / runs.RESULTS)
    kept, settings = results["best_epoch"], job.run.model
    facts = {
        "command": shlex.join(["python", "-m", "src.train", *condition.split(), f"seed={seed}", *ALL]),
        "name": runs.label(job.folder),
        "widths": settings["widths"],
        "activation": settings["activation"],
        "epochs": job.run.epochs,
        "kept": kept,
        "stopped": len(history),
        "reason": results["stop_reason"],
        "why": why_above_val(dict(leaves(job.run.plain()))),
        "accuracy": None if kept is None else history[kept - 1]["val/accuracy"],
    }
    weights = [parameter.detach().numpy().ravel() for parameter in model.parameters()]
    losses = [[row[name] for row in history] for name in ("train/loss", "val/loss")]
    return facts, np.concatenate(weights), np.ravel(losses)


def _rows(outcome: Outcome, knobs: Mapping[str, Knob], conditions: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of train and val for every pair of data and label noise, which are the first two knobs."""
    each = len(conditions) // len(list(product(knobs["data"], knobs["label noise"])))
    of_each = [outcome.data(condition) for condition in conditions[::each]]
    return [{"train": _points(data.train), "val": _points(data.val)} for data in of_each]


def _points(split: Split) -> list[list[float]]:
    """x₁, x₂ and label of each row."""
    pairs = zip(split.inputs.tolist(), split.labels.tolist(), strict=True)
    return [[*(round(value, 4) for value in inputs), label] for inputs, label in pairs]


def _base64(arrays: Sequence[np.ndarray]) -> str:
    return base64.b64encode(np.concatenate(arrays).astype("<f4").tobytes()).decode()
