"""What stands in two splits at once, or gives the target away: a line for each leak that was found."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from src.data.tables.values import numbers, texts

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Parts = Mapping[str, "Tensor"]  # the rows of each split

ENOUGH = 2**15  # rows of train to tell a giveaway by
CERTAIN = 0.995  # what a column alone may tell of the target: balanced accuracy, or rank correlation
MANY = 2**18  # rows of train; to search more for the nearest takes longer than to read them
NEAR = 1e-3  # standard deviations, by which no number of near-identical rows differs
WHO = "patient|subject|person|customer|client|user|household|family|participant|animal"
NUMBER = r"[ _.-]?(id|no|nr|number|key|code|uuid)"
PERSON = re.compile(rf"({WHO})({NUMBER})?", re.IGNORECASE)
PERSON_ID = re.compile(f"({WHO}){NUMBER}", re.IGNORECASE)


def row_leaks(rows: pd.DataFrame, parts: Parts, decimal: str) -> Iterator[str]:
    """Rows of val or test that train has too, all of their columns alike, or (of less than `MANY`) as good as.

    Silent where half of train's rows are like others of its own: in a table of few combinations that is no wonder.
    """
    from sklearn.neighbors import KDTree

    train = parts["train"].numpy()
    points = _points(rows, train, decimal)
    exact = pd.util.hash_pandas_object(pd.DataFrame(points), index=False).to_numpy()
    if len(np.unique(exact[train])) < len(train) / 2:
        return
    tree = KDTree(points[train], metric="chebyshev") if len(train) < MANY else None
    told = []
    for part in ("val", "test"):
        place = parts[part].numpy()
        same = np.isin(exact[place], exact[train])
        near = tree.query_radius(points[place], r=NEAR, count_only=True) > 0 if tree else same
        alike = near & ~same
        if same.any() or alike.any():
            row = int(rows.index[place[np.flatnonzero(same | alike)[0]]]) + 1
            told.append(f"{part} {same.sum()} and {alike.sum()} of {len(place):,} (row {row}, say)")
    if told:
        yield f"leak: rows stand in train and elsewhere, identical and near-identical: in {', in '.join(told)}."


def group_leaks(groups: Sequence[Hashable], parts: Parts, name: str) -> Iterator[str]:
    """Groups whose rows stand in two splits, in one line; none where the split went by them."""
    of_part = {part: {groups[row] for row in rows.tolist() if groups[row] is not None} for part, rows in parts.items()}
    shared = {f"{one} and {other}": of_part[one] & of_part[other] for one, other in combinations(of_part, 2)}
    if told := [f"{len(both):,} in {where}" for where, both in shared.items() if both]:
        some = str(min(set.union(*shared.values()), key=str))
        yield f"leak: values of {name} stand in two splits: {', '.join(told)}, such as {some!r}."


def person_leaks(frame: pd.DataFrame, parts: Parts, *, drawn: bool) -> Iterator[str]:
    """Columns that by their name and values say whose a row is, and were not split by; what to do, if rows were `drawn`."""
    for name in map(str, frame.columns):
        if not PERSON.fullmatch(name):
            continue
        written = texts(frame[name])
        different = len({text for text in written if text is not None})
        if len(written) / 100 < different < len(written):
            advice = f"; data.group={name} keeps them together." if drawn else "."
            yield from (f"{line[:-1]}{advice}" for line in group_leaks(written, parts, name))


def time_leaks(times: Array, parts: Parts, name: str) -> Iterator[str]:
    """Rows of train that are later than the first of val or test; none where the split went by time."""
    for part in ("val", "test"):
        first = times[parts[part].numpy()].min()
        if late := int((times[parts["train"].numpy()] > first).sum()):
            yield f"leak: {late:,} rows of train are later, by {name}, than the first of {part}."


def giveaways(rows: pd.DataFrame, labels: Array, *, is_regression: bool, decimal: str) -> Iterator[str]:
    """Columns of train that alone tell the target (N,), or as good as: learned of every other row, judged on the rest."""
    every = -(-len(labels) // ENOUGH)
    rows, labels = rows.iloc[::every], labels[::every]
    learned = np.arange(len(labels)) % 2 == 0
    if len(np.unique(labels[learned])) < 2 or len(np.unique(labels[~learned])) < 2:
        return
    told, what = (_rank_correlation, "rank correlation") if is_regression else (_balanced_accuracy, "balanced accuracy")
    for name in map(str, rows.columns):
        values = _as_numbers(rows[name], labels, learned, decimal)
        if (share := told(values, labels, learned)) >= CERTAIN:
            yield f"leak: column {name!r} alone gives the target away ({what} {share:.3f}); data.drop=[{name}] leaves it out."


def _points(rows: pd.DataFrame, train: Array, decimal: str) -> Array:
    """Rows as points (N, columns): numbers in standard deviations of train, and one far apart for each combination of texts."""
    columns, written = [], {}
    for name in map(str, rows.columns):
        values, bad = numbers(rows[name], decimal)
        if any(text is not None for text in bad):
            written[name] = [text or "" for text in texts(rows[name])]
        else:
            missing = np.isnan(values)
            known = values[train][~missing[train]]
            spread = float(known.std()) if len(known) else 0.0
            columns += [np.where(missing, 0.0, values) / (spread or 1.0), missing.astype(np.float64)]
    combined = pd.DataFrame(written).groupby(list(written), sort=False).ngroup() if written else np.zeros(len(rows))
    return np.stack([*columns, np.asarray(combined, dtype=np.float64)], 1)


def _as_numbers(column: pd.Series[Any], labels: Array, learned: Array, decimal: str) -> Array:
    """Numbers as they are, texts as the mean label of those learned; what is missing is a number of its own."""
    values, bad = numbers(column, decimal)
    if any(text is not None for text in bad):
        written = pd.Series(texts(column), dtype=object).fillna("").to_numpy()
        means = pd.Series(labels[learned]).groupby(written[learned]).mean()
        return pd.Series(written).map(means).fillna(labels[learned].mean()).to_numpy()
    known = values[~np.isnan(values)]
    return np.where(np.isnan(values), (known.min() if len(known) else 0.0) - 1.0, values)


def _rank_correlation(values: Array, labels: Array, learned: Array) -> float:
    from scipy.stats import spearmanr

    values, labels = values[~learned], labels[~learned]
    return 0.0 if values.std() == 0 or labels.std() == 0 else float(abs(spearmanr(values, labels).statistic))


def _balanced_accuracy(values: Array, labels: Array, learned: Array) -> float:
    """Of a tree with two leaves for each class; scikit-learn's own figure takes as long as the tree."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=2 * len(np.unique(labels)), random_state=0, class_weight="balanced")
    right = tree.fit(values[learned, None], labels[learned]).predict(values[~learned, None]) == labels[~learned]
    return float(np.mean([right[labels[~learned] == one].mean() for one in np.unique(labels[~learned])]))
