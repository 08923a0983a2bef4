"""A sweep or a search that was trained, as Python has it."""

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from src.lab.run import Run, predicted
from src.lab.show import image, table
from src.plots import Figure
from src.report.__main__ import report
from src.runs.files import LEADERBOARD, SWEEP, read_json
from src.serving.models import find_ensemble, find_folders
from src.sweep.leaderboard import FLAWS, read_leaderboard
from src.sweep.summary import ended_runs, sweep_figure


class Sweep:
    """The sweep in `folder`. What it holds is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """As `run=` takes it."""
        return self.folder.name

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row for each configuration, seeds and folds folded, the best first."""
        return read_leaderboard(self.folder / LEADERBOARD)

    @cached_property
    def runs(self) -> list[Run]:
        """Those that have ended, by number."""
        return [Run(self.folder / str(number)) for number in sorted(ended_runs(self.folder))]

    @property
    def best(self) -> Run:
        """The best run of the first row, whose model is kept; ValueError where no run can be chosen."""
        number = read_json(self.folder / SWEEP).get("best")
        if number is None:
            raise ValueError(f"{self.folder}: must have a run that can be chosen, but got none.")
        return Run(self.folder / str(number))

    @property
    def figures(self) -> dict[str, float]:
        """Of the sweep as a whole."""
        return dict(read_json(self.folder / SWEEP)["figures"])

    def predict(self, given: Any, top: int | None = None) -> pd.DataFrame:
        """As `Run.predict`, by the best run; by the mean of the `top` best, or of the members of an ensemble, with its sd."""
        return predicted(find_ensemble(str(self.folder), top), given)

    def top(self, count: int) -> list[Run]:
        """The best `count` runs, of those that keep their models."""
        return [Run(folder) for folder in find_folders(str(self.folder), count)]

    def plot(self) -> Figure:
        """The objective of each run against what the runs differ in; ValueError where they differ in nothing."""
        if (figure := sweep_figure(self.folder)) is None:
            raise ValueError(f"{self.folder}: must have runs that differ in a key to be drawn, but got none.")
        return figure

    def report(self) -> Path:
        """The page that `python -m src.report` writes of it; its path."""
        return report({"sweep": str(self.folder)})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        figure = sweep_figure(self.folder)
        board = self.leaderboard.dropna(axis=1, how="all").drop(columns=["numbers"])
        told = board.drop(columns=[name for name in FLAWS if not board[name].any()])
        return table(self.name, told, "" if figure is None else image(figure), self.folder)


class Search(Sweep):
    """The search in `folder`."""

    @property
    def trials(self) -> pd.DataFrame:
        """A row for each trial, in the columns of Optuna's own table; ValueError where its database does not answer."""
        from src.search.frames import trials_frame  # imports Optuna

        return trials_frame(self.folder)
