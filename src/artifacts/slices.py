"""Figures of groups of rows, with bounds: for whom the model is less good, and whether that can be told from chance."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from src.artifacts.evaluated import Evaluated
from src.statistics.figures import bounded_figures

MANY = 100  # groups of a slice


def slices_table(told: Evaluated) -> pd.DataFrame | None:
    """A row for each group of each slice, before them one of all rows; None without slices.

    `slice`, `group`, `n`, of a binary task `positives`, and each figure of the task with its 95 % bounds `<name>_low` and
    `<name>_high`; NaN where a figure is not defined, or has no bounds. Of a slice the 100 largest groups.
    """
    if not told.split.slices:
        return None
    rows = [_row(told, "", "all", torch.arange(len(told.split)))]
    for name, groups in told.split.slices.items():
        for group in _in_order(groups):
            places = torch.tensor([place for place, one in enumerate(groups) if one == group])
            rows.append(_row(told, name, group, places))
    return pd.DataFrame(rows).replace([math.inf, -math.inf], math.nan)


def _row(told: Evaluated, name: str, group: str, places: Tensor) -> dict[str, Any]:
    logits, labels = told.found.logits[places], told.found.labels[places]
    counts = {"n": len(labels), **({"positives": int(labels.sum())} if told.task == "binary" else {})}
    of_rows = told.split.groups
    patients = [of_rows[place] for place in places.tolist()] if len(of_rows) else []
    known = bounded_figures(told.task, logits, labels, told.threshold, patients)
    names = [one for one in known if not one.endswith(("_low", "_high"))]
    bounded = {one: known.get(one, math.nan) for figure in names for one in (figure, f"{figure}_low", f"{figure}_high")}
    return {"slice": name, "group": group, **counts, **bounded}


def _in_order(groups: Sequence[str]) -> list[str]:
    """The largest groups, numbers by size, other texts by letter."""

    def place(group: str) -> tuple[bool, float, str]:
        try:
            return False, float(group.partition(" to ")[0]), group
        except ValueError:
            return True, 0.0, group

    return sorted((group for group, _ in Counter(groups).most_common(MANY)), key=place)
