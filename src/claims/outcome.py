"""What came of a claim's runs: curves, figures and models, by condition and seed."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from src import runs
from src.config.schema import Run
from src.data.dataset import Dataset, Split
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.prediction.predictor import Predictor
from src.runs.build import standardize_of
from src.runs.evaluation import Predictions, predicted
from src.runs.job import Job
from src.runs.stop_reason import StopReason

# Axes: S seeds, E epochs.


class Outcome:
    """The runs in `folder`; `jobs` by condition and seed."""

    def __init__(self, folder: Path, jobs: Mapping[tuple[str, int], Job]) -> None:
        self.folder, self.jobs = folder, jobs
        self.conditions = list(dict.fromkeys(condition for condition, _ in jobs))
        self.seeds = list(dict.fromkeys(seed for _, seed in jobs))
        self._history = cache(runs.read_history)
        self._data: dict[str, Dataset] = {}

    def curves(self, condition: str, name: str) -> np.ndarray:
        """Column `name` of the histories (S, E); NaN after the last epoch of a run that ended before others."""
        rows = [[row[name] for row in self._history(self._folder(condition, seed))] for seed in self.seeds]
        longest = max(map(len, rows))
        return np.array([row + [np.nan] * (longest - len(row)) for row in rows])

    def last(self, condition: str, name: str) -> np.ndarray:
        """Figure `name` of the history at each run's last epoch (S,)."""
        return np.array([self._history(self._folder(condition, seed))[-1][name] for seed in self.seeds])

    def best(self, condition: str, name: str) -> np.ndarray:
        """Figure `name` of the history at each run's best epoch (S,); NaN where no epoch was finite."""
        found = []
        for seed, epoch in zip(self.seeds, self.results(condition, "best_epoch"), strict=True):
            history = self._history(self._folder(condition, seed))
            found.append(history[int(epoch) - 1][name] if epoch is not None else np.nan)
        return np.array(found)

    def results(self, condition: str, *names: str) -> np.ndarray:
        """An entry of `results.json`, by its path of names, (S,)."""
        found: list[Any] = []
        for seed in self.seeds:
            value: Any = runs.read_json(self._folder(condition, seed) / runs.RESULTS)
            for name in names:
                value = None if value is None else value[name]
            found.append(value)
        return np.array(found)

    def diverged(self, condition: str) -> np.ndarray:
        """Which runs ended by a loss that is not finite (S,)."""
        return self.results(condition, "stop_reason") == StopReason.DIVERGED

    def run(self, condition: str) -> Run:
        """The settings of a condition, on its first seed."""
        return self.jobs[condition, self.seeds[0]].run

    def data(self, condition: str, seed: int | None = None) -> Dataset:
        """What a condition was trained on; by `seed` where each has rows of its own."""
        settings = self.jobs[condition, self.seeds[0] if seed is None else seed].run.data
        if (named := repr(settings)) not in self._data:
            self._data[named] = read_dataset(settings)
        return self._data[named]

    def model(self, condition: str, seed: int) -> nn.Module:
        """The model with the weights of its best epoch, in evaluation mode; it takes standardised inputs."""
        return self._predictor(condition, seed).model

    def standardize(self, condition: str, seed: int | None = None) -> Standardize:
        """What makes a condition's inputs standardised; by `seed` where each has rows of its own."""
        return Standardize.fit(self.data(condition, seed).train.inputs, standardize_of(self.run(condition)))

    def predict(self, condition: str, seed: int, split: Split, *, one_view: bool = False) -> Predictions:
        """Logits of `split`, whose inputs are as they came; with `one_view` also of a model that averages views."""
        predictor = self._predictor(condition, seed)
        return predicted(predictor.of_one_view if one_view else predictor, self.data(condition, seed), split)

    def _predictor(self, condition: str, seed: int) -> Predictor:
        return Predictor.of_run(self._folder(condition, seed))

    def _folder(self, condition: str, seed: int) -> Path:
        return self.folder / str(self.jobs[condition, seed].number)
