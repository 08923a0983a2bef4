"""Folds of a sweep: each row predicted by the model that never saw it, and the figures of the folds."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from rich import box
from rich.table import Table

from src.config.loading import load
from src.data.reading import read_dataset
from src.prediction.predictor import Predictor
from src.runs.evaluation import predicted, predictions_frame
from src.runs.summary import SHOWN
from src.statistics.rounding import rounded
from src.sweep.leaderboard import Entry

OUT_OF_FOLD = "out_of_fold.parquet"  # in the sweep's folder


class OutOfFold(NamedTuple):
    """`frame`: a row per example, model and fold, by `row`, `fold`, `seed`; `figures`: a row per fold and seed."""

    frame: pd.DataFrame
    figures: pd.DataFrame
    task: str


def has_folds(entries: Sequence[Entry]) -> bool:
    """Whether these runs of one configuration are folds of the same rows."""
    return len({fold_of(entry) for entry in entries}) > 1


def fold_of(entry: Entry) -> int | None:
    """The fold that a run was tested on; None if it had a test split of its own."""
    fold = entry.values["data"].get("fold")
    return None if fold is None else int(fold)


def out_of_fold(folder: Path, entries: Sequence[Entry]) -> OutOfFold:
    """What the models of `entries`, runs in `folder`, make of the fold that each left out; they are told in no other way."""
    frames, rows, task = [], [], "regression"
    for entry in sorted(entries, key=lambda entry: (entry.values["seed"], fold_of(entry) or 0)):
        predictor = Predictor.of_run(folder / str(entry.number))
        dataset = read_dataset(load(dict(entry.values)).data)
        found, task = predicted(predictor, dataset, dataset.test), dataset.task
        place = {"seed": entry.values["seed"], "fold": fold_of(entry)}
        names = dataset.test.names or [str(row) for row in range(1, len(dataset.test) + 1)]
        frame = predictions_frame({"test": found}, dataset).drop(columns="name", errors="ignore")
        frames.append(frame.assign(row=names, **place))
        rows.append({**place, **found.figures(task, predictor.threshold)})
    return OutOfFold(pd.concat(frames, ignore_index=True), pd.DataFrame(rows), task)


def drawn_folds(found: OutOfFold) -> Table:
    """Mean and standard deviation over the folds and seeds, for a terminal."""
    folds, seeds = found.figures["fold"].nunique(), found.figures["seed"].nunique()
    on = f"{folds} folds" if seeds == 1 else f"{folds} folds of {seeds} seeds"
    table = Table(title=f"the best configuration on {on}, each by a model that had not seen it")
    table.title_justify, table.box = "left", box.SIMPLE_HEAD
    for name in ("", "mean ± sd", "smallest", "largest"):
        table.add_column(name)
    for name in SHOWN[found.task]:
        if name in found.figures:
            values = found.figures[name]
            cells = (
                f"{rounded(values.mean())} ± {rounded(values.std(ddof=1))}",
                rounded(values.min()),
                rounded(values.max()),
            )
            table.add_row(name.replace("_", " "), *cells)
    return table
