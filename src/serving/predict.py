"""Predictions of a file's rows or a folder's images, as a table; with their labels, how good they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from src.data.labels import coded
from src.data.raw import Inputs, Raw
from src.disk import check_output, whole_file
from src.models.outputs import mean_outputs
from src.prediction.frame import prediction_frame
from src.prediction.predictor import Predictor
from src.runs.summary import add_figures
from src.statistics.figures import bounded_figures, figures

FEW = 10  # faults that are told one by one


@dataclass(frozen=True)
class Predicted:
    """What came of an input: `frame` with a row for each, in its order; the pooled logits (M,) or (M, K) of those read."""

    frame: pd.DataFrame
    raw: Raw
    inputs: Inputs
    logits: Tensor


def predict_file(models: Sequence[Predictor], path: Path) -> Predicted:
    """Predict each row of `path`: ValueError or OSError where it is no input at all."""
    return predict_rows(models, models[0].intake.read(path), str(path))


def predict_rows(models: Sequence[Predictor], raw: Raw, called: str) -> Predicted:
    """Predict each row of an input that is `called` so; of several models the mean. ValueError where none can be read.

    `frame` has a column `row` (what it is called) and, where rows could not be read, `error` with the reason.
    """
    first = models[0]
    inputs, outputs = _asked(models, raw, called)
    found = prediction_frame(outputs, first.task, first.classes, first.threshold).set_index(
        pd.Index(list(inputs.places))
    )
    frame = found.reindex(range(len(raw)))
    frame.insert(0, "row", list(raw.names))
    if inputs.faults:
        frame["error"] = [inputs.faults.get(place, "") for place in range(len(raw))]
    return Predicted(frame, raw, inputs, mean_outputs(torch.stack(outputs), first.task))


def tell_faults(predicted: Predicted, model: Predictor, console: Console) -> None:
    """Name what training did not have, the rows that could not be read, and how many labels are none of the model's."""
    for note in predicted.raw.notes:
        console.print(f"warning: {note}", markup=False, highlight=False)
    faults = predicted.inputs.faults
    for place in sorted(faults)[:FEW]:
        console.print(f"warning: row {predicted.raw.names[place]}: {faults[place]}", markup=False, highlight=False)
    if len(faults) > FEW:
        console.print(f"warning: {len(faults) - FEW} more rows could not be read; the column error names all.")
    if wrong := _coded(predicted, model)[1]:
        told = f"row {predicted.raw.names[min(wrong)]}: {wrong[min(wrong)]}"
        console.print(
            f"warning: {len(wrong):,} labelled rows are left out of the figures: {told}", markup=False, highlight=False
        )


def evaluation(predicted: Predicted, model: Predictor, name: str) -> Table | None:
    """The figures of the rows that have a label of the model's, with their 95 % intervals; None if none has."""
    numbers = torch.tensor(_coded(predicted, model)[0], dtype=torch.float64)
    known = ~numbers.isnan()
    if not known.any():
        return None
    labels = numbers[known] if model.task == "regression" else numbers[known].long()
    logits = predicted.logits[known]
    table = Table(title=f"{name}, {len(labels):,} labelled rows", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    add_figures(table, "", _figures(model, logits, labels), model.task)
    return table


def write_frame(frame: pd.DataFrame, output: Path) -> None:
    """To .csv, .parquet or .jsonl: a name that `check_place` has passed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(output) as part:
        if output.suffix == ".parquet":
            frame.to_parquet(part, index=False)
        elif output.suffix == ".csv":
            frame.to_csv(part, index=False)
        else:
            frame.to_json(part, orient="records", lines=True, double_precision=15)


def check_place(output: Path, path: Path) -> None:
    """Raises ValueError unless predictions of `path` can be written to `output`."""
    check_output(output, (".csv", ".parquet", ".jsonl", ".json"))
    if output.resolve() == path.resolve():
        raise ValueError(f"output: must be another file than input, but got {str(output)!r} for both.")


def _coded(predicted: Predicted, model: Predictor) -> tuple[list[float], dict[int, str]]:
    """The label of each row that was read as a number, NaN where it is none, and what is wrong with some."""
    labels, places = predicted.raw.labels, predicted.inputs.places
    return ([], {}) if labels is None else coded(labels, places, model.task, model.classes)


def _figures(model: Predictor, logits: Tensor, labels: Tensor) -> dict[str, float]:
    if model.task != "regression" and len(labels.unique()) < len(model.classes):
        kept = {"accuracy", "accuracy_at_threshold", "brier"}  # the others need every class
        found = figures(model.task, logits, labels, model.threshold)
        return {name: value for name, value in found.items() if name in kept}
    return bounded_figures(model.task, logits, labels, model.threshold)


def _asked(models: Sequence[Predictor], raw: Raw, called: str) -> tuple[Inputs, list[Tensor]]:
    """What the first of `models` takes in, and the logits of each: all must tell the same, of the same rows."""
    first, outputs = models[0], []
    inputs = first.intake.inputs(raw)
    if len(raw) and not len(inputs.tensor):
        raise ValueError(f"{called}: must have a row that can be read, but got: {_first(raw, inputs.faults)}.")
    for model in models:
        if (model.task, model.classes) != (first.task, first.classes):
            raise ValueError(
                f"run: all models must tell {first.classes or first.task}, but got {model.classes or model.task}."
            )
        if model.intake.kind != first.intake.kind:
            raise ValueError(f"run: all models must take {first.intake.kind}, but got one of {model.intake.kind}.")
        own = inputs if model is first else model.intake.inputs(raw)
        if list(own.places) != list(inputs.places):
            raise ValueError(f"{called}: must have rows that all models can read, but got: {_odd(raw, own, inputs)}.")
        outputs.append(model.logits(own.tensor))
    return inputs, outputs


def _odd(raw: Raw, some: Inputs, others: Inputs) -> str:
    """A row that only some can read."""
    place = min(some.faults.keys() ^ others.faults.keys())
    return f"row {raw.names[place]}: {({**some.faults, **others.faults})[place]}"


def _first(raw: Raw, faults: Mapping[int, str]) -> str:
    place = min(faults)
    return f"row {raw.names[place]}: {faults[place]}"
