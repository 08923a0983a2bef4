"""Splits as a pure function of (seed, row): drawn by class, by group or by time, given by the data, or a fold of several."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, TypedDict

from src.fields import Count, Index, Seed, Share
from src.randomness import Purpose, key, permutation

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

PARTS = ("train", "val", "test")
CALLED = {
    **{name: name for name in PARTS},
    "training": "train",
    "validation": "val",
    "valid": "val",
    "dev": "val",
    "testing": "test",
}


class SplitSettings(TypedDict):
    """How a reader divides its rows.

    val and test are drawn, as shares of all rows; with `fold` (from 0) of `num_folds`, test is that fold and val is drawn
    of the others. What the data give themselves is not drawn.
    """

    val_fraction: Share
    test_fraction: Share
    split_seed: Seed
    fold: Index | None
    num_folds: Count


@dataclass(frozen=True)
class Known:
    """What is known of N rows that a split may go by.

    `strata` (N,): classes, each of which is divided in proportion. Rows of one of `groups` stay together. `times` (N,), which
    can be sorted: val is later than train, test later than val. `given`: each row's split, by a name of `CALLED`.
    """

    strata: Tensor | None = None
    groups: Sequence[Hashable] | None = None
    times: np.ndarray | None = None
    given: Sequence[str] | None = None

    def groups_of(self, rows: Tensor) -> list[int]:
        """The groups of `rows`, by numbers, which name nobody; empty where there are none."""
        if self.groups is None:
            return []
        numbers: dict[Hashable, int] = {}
        return [numbers.setdefault(self.groups[row], len(numbers)) for row in rows.tolist()]


def split_rows(num_rows: int, settings: SplitSettings, known: Known) -> dict[str, Tensor]:
    """Row numbers of train, val and test, in ascending order.

    Raises ValueError where settings contradict each other or what is known, or leave nothing for a split.
    """
    import torch
    from torch import Tensor

    _check(settings, known)
    rows, parts = torch.arange(num_rows), dict[str, Tensor]()
    wanted = {"test": settings["test_fraction"], "val": settings["val_fraction"]}
    if known.given is not None:
        parts = given_parts(known.given)
        rows, wanted = parts.pop("train"), {name: share for name, share in wanted.items() if name not in parts}
    if settings["fold"] is not None:
        fold = _folds(rows, settings, known) == settings["fold"]
        parts["test"], rows, wanted = rows[fold], rows[~fold], {"val": wanted["val"]}
    parts |= _drawn(rows, wanted, settings, known)
    for name in PARTS:
        if len(parts[name]) == 0:
            of = f" in {len(set(known.groups))} groups" if known.groups is not None else ""
            raise ValueError(f"data: each split must have rows, but got none for {name} among {num_rows}{of}.")
    return {name: parts[name].sort().values for name in PARTS}


def given_parts(given: Sequence[str]) -> dict[str, Tensor]:
    """The rows of each split that is given; ValueError, naming the row from 1, for what names none, or without train."""
    import torch

    found: dict[str, list[int]] = {}
    for row, name in enumerate(given):
        if (part := CALLED.get(str(name).strip().lower())) is None:
            raise ValueError(f"data.split: row {row + 1} must be one of {', '.join(CALLED)}, but got {str(name)!r}.")
        found.setdefault(part, []).append(row)
    if "train" not in found:
        raise ValueError(f"data.split: must have rows of train, but got {', '.join(found) or 'none'}.")
    return {name: torch.tensor(rows) for name, rows in found.items()}


def _check(settings: SplitSettings, known: Known) -> None:
    val, test, fold, num_folds = (
        settings["val_fraction"],
        settings["test_fraction"],
        settings["fold"],
        settings["num_folds"],
    )
    for name, share in (("val_fraction", val), ("test_fraction", test)):
        if not 0 < share < 1:
            raise ValueError(f"data.{name}: must lie between 0 and 1, but got {share}.")
    if fold is None:
        if val + test >= 1:
            raise ValueError(f"data.val_fraction: must leave rows for train, but got {val} beside {test}.")
        return
    if not 0 <= fold < num_folds:
        raise ValueError(f"data.fold: must lie in 0 to data.num_folds - 1, but got {fold} of {num_folds}.")
    if known.times is not None:
        raise ValueError(f"data.fold: must be null where data.time divides the rows, but got {fold}.")
    if known.given is not None and "test" in given_parts(known.given):
        raise ValueError(f"data.fold: must be null where the test rows are given, but got {fold}.")


def _drawn(rows: Tensor, wanted: Mapping[str, float], settings: SplitSettings, known: Known) -> dict[str, Tensor]:
    """`rows` divided: of each name in `wanted` its share, the others for train."""
    if not wanted:
        return {"train": rows}
    if known.times is not None:
        return _by_time(rows, wanted, known.times)
    fold = [] if settings["fold"] is None else [settings["fold"]]
    if known.groups is not None:
        shares = {**wanted, "train": 1.0 - sum(wanted.values())}
        places = _grouped(rows, list(shares.values()), key(settings["split_seed"], Purpose.SPLIT, *fold), known)
        return {name: rows[places == place] for place, name in enumerate(shares)}
    return _by_class(rows, wanted, settings, known.strata, fold)


def _by_class(
    rows: Tensor, wanted: Mapping[str, float], settings: SplitSettings, strata: Tensor | None, fold: Sequence[int]
) -> dict[str, Tensor]:
    import torch

    parts: dict[str, list[Tensor]] = {"train": [], **{name: [] for name in wanted}}
    for number, (stratum, of_stratum) in enumerate(_strata(rows, strata)):
        state = key(settings["split_seed"], Purpose.SPLIT, number, *fold)
        shuffled = of_stratum[permutation(state, len(of_stratum))]
        cuts = [round(len(shuffled) * share) for share in accumulate(wanted.values())]
        if cuts[-1] == len(shuffled):
            missing = "the examples" if stratum is None else f"class {stratum}"
            raise ValueError(
                f"data.val_fraction: must leave rows for train, but got {settings['val_fraction']} beside "
                f"{settings['test_fraction']}, which leaves none of {missing}."
            )
        for name, chosen in zip([*wanted, "train"], shuffled.tensor_split(cuts), strict=True):
            parts[name].append(chosen)
    return {name: torch.cat(chosen) for name, chosen in parts.items()}


def _strata(rows: Tensor, strata: Tensor | None) -> list[tuple[int | None, Tensor]]:
    if strata is None:
        return [(None, rows)]
    return [(int(one), rows[strata[rows] == one]) for one in strata[rows].unique()]


def _by_time(rows: Tensor, wanted: Mapping[str, float], times: np.ndarray) -> dict[str, Tensor]:
    """The latest rows are test's, those before them val's; rows of one time stay together, on the earlier side."""
    import numpy as np
    import torch

    order = np.argsort(times[rows.numpy()], kind="stable")
    ascending = times[rows.numpy()][order]
    parts, end = {}, len(order)
    for name, share in zip(wanted, accumulate(wanted.values()), strict=True):  # test is the first
        cut = min(end, math.floor(len(order) * (1.0 - share)))
        while 0 < cut < end and ascending[cut] == ascending[cut - 1]:
            cut += 1
        parts[name], end = rows[torch.from_numpy(order[cut:end].copy())], cut
    return {**parts, "train": rows[torch.from_numpy(order[:end].copy())]}


def _folds(rows: Tensor, settings: SplitSettings, known: Known) -> Tensor:
    """The fold of each of `rows`: sizes differ by at most one, or as groups allow; classes in proportion."""
    import torch

    num_folds = settings["num_folds"]
    state = key(settings["split_seed"], Purpose.SPLIT)
    if known.groups is not None:
        return _grouped(rows, [1.0 / num_folds] * num_folds, state, known)
    place = torch.empty(int(rows.max()) + 1, dtype=torch.int64)
    begun = 0
    for number, (_, of_stratum) in enumerate(_strata(rows, known.strata)):
        shuffled = of_stratum[permutation(key(settings["split_seed"], Purpose.SPLIT, number), len(of_stratum))]
        place[shuffled] = (begun + torch.arange(len(shuffled))) % num_folds
        begun += len(shuffled)
    return place[rows]


def _grouped(rows: Tensor, shares: Sequence[float], state: Tensor, known: Known) -> Tensor:
    """A place for each of `rows`, in 0 to len(shares) - 1: whole groups, the largest first, each where most is lacking."""
    import torch

    assert known.groups is not None
    names: dict[Hashable, int] = {}
    group = torch.tensor([names.setdefault(known.groups[row], len(names)) for row in rows.tolist()])
    stratum = torch.zeros_like(rows) if known.strata is None else known.strata[rows].unique(return_inverse=True)[1]
    counts = torch.zeros(len(names), int(stratum.max()) + 1, dtype=torch.float64)
    counts.index_put_((group, stratum), torch.ones(len(rows), dtype=torch.float64), accumulate=True)
    total = counts.sum(0)
    lacking = torch.tensor(shares, dtype=torch.float64).unsqueeze(1) * total  # (places, strata)
    shuffled = permutation(state, len(names))
    place_of = torch.empty(len(names), dtype=torch.int64)
    for one in shuffled[counts[shuffled].sum(1).argsort(descending=True, stable=True)].tolist():
        place = int((lacking * counts[one] / total**2).sum(1).argmax())
        place_of[one] = place
        lacking[place] -= counts[one]
    return place_of[group]
