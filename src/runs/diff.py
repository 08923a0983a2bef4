"""What is different between two runs, or two configurations over their seeds: settings, data, code, figures, curves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from scipy import stats
from torch import Tensor

from src import runs
from src.metrics import Outputs
from src.runs.evaluation import Predictions, read_groups, read_predictions
from src.runs.files import FACTS, LEADERBOARD, read_history, read_json
from src.runs.identity import Identity
from src.runs.results import Results
from src.statistics.intervals import t_half_width
from src.statistics.paired import Paired, delong, mcnemar

SPLITS = ("test", "val")
FOLD = "data.fold"  # with the seed what sets the runs of one configuration apart
LEFT_OUT = ("_low", "_high", "_by_chance")  # bounds, and what is no figure of a model


@dataclass(frozen=True)
class Side:
    """A run, or the runs of one configuration, by seed and fold."""

    name: str
    folders: Sequence[Path]

    @classmethod
    def of(cls, name: str) -> Self:
        """The run of this name, or of a sweep the runs of its leaderboard's first row; ValueError if there is none."""
        for sweep in (Path(name), runs.ROOT / "sweeps" / name):
            if (sweep / LEADERBOARD).is_file():
                first = str(pd.read_csv(sweep / LEADERBOARD, dtype=str, nrows=1)["numbers"][0])
                return cls(sweep.name, [sweep / number for number in first.split()])
        folder = runs.find(name)
        return cls(runs.label(folder), [folder])

    @cached_property
    def results(self) -> dict[tuple[int, Any], Results]:
        """By seed and fold, of those that have ended."""
        found = [(Results.read(folder), _settings(folder).get(FOLD)) for folder in self.folders]
        return {(one.seed, fold): one for one, fold in found if one is not None}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Those that decide, of the first, less the seed and the fold of several."""
        values = _settings(self.folders[0])
        return (
            values
            if len(self.folders) == 1
            else {name: one for name, one in values.items() if name not in ("seed", FOLD)}
        )

    @cached_property
    def facts(self) -> dict[str, str]:
        """Data, code and environment, of the first."""
        return {name: str(value) for name, value in read_json(self.folders[0] / FACTS).items() if name != "seed"}

    def figures(self, split: str) -> pd.DataFrame:
        """A row for each seed and fold, a column for each figure."""
        rows = [getattr(one, split) or {} for one in self.results.values()]
        frame = pd.DataFrame(rows, index=list(map(str, self.results)))
        return frame[[name for name in frame if not str(name).endswith(LEFT_OUT)]]


@dataclass(frozen=True)
class Diff:
    """How `first` and `second` differ. Differences are the second's less the first's."""

    first: Side
    second: Side

    @classmethod
    def of(cls, first: str, second: str) -> Self:
        """Of two runs, or sweeps, by name; ValueError where there is none."""
        return cls(Side.of(first), Side.of(second))

    @property
    def settings(self) -> pd.DataFrame:
        """The settings that differ, by key: `first` and `second`."""
        return _differing(self.first.settings, self.second.settings)

    @property
    def facts(self) -> pd.DataFrame:
        """What differs in data, code and environment."""
        return _differing(self.first.facts, self.second.facts)

    @property
    def figures(self) -> pd.DataFrame:
        """A row for each figure that both have: the means over their seeds and folds, the difference, and its p.

        Where at least two of these are in both, all of it is of such pairs, tested by Student's t with its 95 % interval;
        `left out`: how many are in one alone.
        """
        rows = [row for split in SPLITS for row in self._of_split(split)]
        tested = ["low", "high", "p", "pairs", "left out"]
        return pd.DataFrame(rows, columns=["figure", "first", "second", "difference", *tested])

    @cached_property
    def same_rows(self) -> pd.DataFrame:
        """Paired tests of two single runs on the same rows of test, else val: DeLong of AUROC, McNemar of accuracy."""
        found = self._predictions()
        tests = {} if found is None else _tests(*found)
        rows = [{"figure": name, "difference": one.difference, "p": one.p} for name, one in tests.items()]
        return pd.DataFrame(rows, columns=["figure", "difference", "p"])

    @property
    def curves(self) -> pd.DataFrame:
        """For each column of the histories of the first runs: the epoch from which on they differ, and by how much at most.

        Empty where they are the same to the last bit, as far as both go. The largest is of epochs in which both are numbers.
        """
        first, second = (pd.DataFrame(read_history(side.folders[0])) for side in (self.first, self.second))
        epochs = min(len(first), len(second))
        rows = []
        for name in [name for name in first if name in second and name not in ("epoch", "epoch_seconds")]:
            ours, theirs = first[name][:epochs], second[name][:epochs]
            gaps = (theirs - ours).abs()
            if (differs := np.flatnonzero((gaps > 0) | (ours.isna() != theirs.isna()))).size:
                rows.append({"curve": name, "from epoch": int(differs[0]) + 1, "largest difference": float(gaps.max())})
        return pd.DataFrame(rows, columns=["curve", "from epoch", "largest difference"])

    def told(self) -> dict[str, Any]:
        """All of it as plain values."""
        names = {"first": self.first.name, "second": self.second.name}
        frames = {name: getattr(self, name) for name in ("settings", "facts", "figures", "same_rows", "curves")}
        return {**names, **{name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()}}

    def _of_split(self, split: str) -> list[dict[str, Any]]:
        first, second = self.first.figures(split), self.second.figures(split)
        names = [name for name in first if name in second]
        return [{"figure": f"{split}_{name}", **_compared(first[name], second[name])} for name in names]

    def _predictions(self) -> tuple[_Decided, _Decided] | None:
        """Of two single runs of a classification, on the same rows; None where there are no such."""
        if len(self.first.folders) + len(self.second.folders) > 2:
            return None
        found = [read_predictions(side.folders[0]) for side in (self.first, self.second)]
        split = next((split for split in SPLITS if all(split in one for one in found)), None)
        sides = [next(iter(side.results.values()), None) for side in (self.first, self.second)]
        if split is None or None in sides or not torch.equal(found[0][split].labels, found[1][split].labels):
            return None
        if any((one.data or {}).get("task") == "regression" for one in sides if one):
            return None
        groups = read_groups(self.first.folders[0], split)
        first, second = (
            _Decided(split, one[split], side.threshold, groups) for one, side in zip(found, sides, strict=True) if side
        )
        return first, second


@dataclass(frozen=True)
class _Decided:
    """Predictions of one split, and how they are decided."""

    split: str
    found: Predictions
    threshold: float | None
    groups: Sequence[int]

    @property
    def right(self) -> Tensor:
        if self.found.logits.ndim > 1:
            return self.found.logits.argmax(-1) == self.found.labels
        probabilities = Outputs("binary", self.found.logits, self.found.labels).probabilities
        return (probabilities.double() >= (0.5 if self.threshold is None else self.threshold)) == (
            self.found.labels == 1
        )


def _tests(first: _Decided, second: _Decided) -> dict[str, Paired]:
    accuracy = mcnemar(second.right, first.right, first.groups)
    if first.found.logits.ndim > 1:
        return {f"{first.split}_accuracy (McNemar)": accuracy}
    area = delong(second.found.logits, first.found.logits, first.found.labels, first.groups)
    return {f"{first.split}_auroc (DeLong)": area, f"{first.split}_accuracy_at_threshold (McNemar)": accuracy}


def _settings(folder: Path) -> dict[str, Any]:
    found = Identity.read(folder)
    return dict(found.settings) if found else {}


def _compared(first: pd.Series[Any], second: pd.Series[Any]) -> dict[str, float]:
    """The means of a figure over what both have, if that is two pairs or more; else each over all that it has."""
    found = pd.concat({"first": first, "second": second}, axis=1).astype(float)
    if len(pairs := found.dropna()) < 2:
        return _means(found)
    tested = _over_pairs((pairs["second"] - pairs["first"]).to_numpy())
    return {**_means(pairs), **tested, "left out": len(found) - len(pairs)}


def _means(found: pd.DataFrame) -> dict[str, float]:
    first, second = found.mean()
    return {"first": first, "second": second, "difference": second - first}


def _over_pairs(gaps: np.ndarray[Any, Any]) -> dict[str, float]:
    """Student's t of the differences of pairs."""
    mean, half = float(gaps.mean()), t_half_width(gaps)
    same = float(np.ptp(gaps)) == 0
    p = (1.0 if mean == 0 else math.nan) if same else float(stats.ttest_1samp(gaps, 0.0).pvalue)
    return {"low": mean - half, "high": mean + half, "p": p, "pairs": len(gaps)}


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> pd.DataFrame:
    keys = [key for key in dict.fromkeys((*first, *second)) if first.get(key) != second.get(key)]
    rows = [{"key": key, "first": _text(first.get(key)), "second": _text(second.get(key))} for key in keys]
    return pd.DataFrame(rows, columns=["key", "first", "second"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
