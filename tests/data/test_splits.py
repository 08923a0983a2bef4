"""Splits: every row once, classes in proportion, the same for the same seed, impossible fractions refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold
from torch import Tensor

from src.data.splits import Known, SplitSettings, split_rows

LABELS = torch.tensor([0] * 200 + [1] * 60 + [2] * 20)[torch.randperm(280, generator=torch.Generator().manual_seed(0))]


def rows(
    labels: Tensor = LABELS, val: float = 0.15, test: float = 0.2, seed: int = 0, stratify: bool = True
) -> dict[str, Tensor]:
    settings = SplitSettings(val_fraction=val, test_fraction=test, split_seed=seed, fold=None, num_folds=5)
    return split_rows(len(labels), settings, Known(strata=labels if stratify else None))


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_every_row_falls_into_one_split(seed: int, stratify: bool):
    parts = rows(seed=seed, stratify=stratify)
    assert torch.cat(list(parts.values())).sort().values.equal(torch.arange(280))
    assert all(bool((chosen.diff() > 0).all()) for chosen in parts.values())
    assert {name: len(chosen) for name, chosen in parts.items()} == {"train": 182, "val": 42, "test": 56}


@pytest.mark.parametrize("seed", range(5))
def test_classes_stand_in_every_split_in_proportion(seed: int):
    counts = {name: LABELS[chosen].bincount().tolist() for name, chosen in rows(seed=seed).items()}
    assert counts == {"train": [130, 39, 13], "val": [30, 9, 3], "test": [40, 12, 4]}


@pytest.mark.parametrize("stratify", [True, False])
def test_the_seed_alone_decides(stratify: bool):
    first, again, other = (rows(seed=seed, stratify=stratify) for seed in (3, 3, 4))
    for name in first:
        assert first[name].equal(again[name])
        assert not first[name].equal(other[name])


def test_no_global_generator_is_read_or_moved():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = rows()["train"]
    assert torch.get_rng_state().equal(state)
    torch.manual_seed(1)
    assert rows()["train"].equal(first)


def test_two_classes_of_one_size_are_divided_differently():
    parts = rows(torch.tensor([0] * 100 + [1] * 100))
    test = parts["test"]
    assert not test[test < 100].equal(test[test >= 100] - 100)


def test_rows_are_equally_likely_to_be_tested():
    # 400 seeds: each row's count is binomial (400, 0.2), sd 8; 5 sd for the largest of 280.
    counts = torch.zeros(280)
    for seed in range(400):
        counts[rows(seed=seed)["test"]] += 1
    assert float((counts - 80).abs().max()) < 5 * math.sqrt(400 * 0.2 * 0.8)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf])
@pytest.mark.parametrize("name", ["val", "test"])
def test_a_fraction_outside_0_to_1_is_refused(name: str, fraction: float):
    with pytest.raises(ValueError, match=rf"^data\.{name}_fraction: must lie between 0 and 1, but got {fraction}"):
        rows(**{name: fraction})


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (0.9, 0.2)])
def test_fractions_that_leave_nothing_for_train_are_refused(val: float, test: float):
    with pytest.raises(ValueError, match=f"must leave rows for train, but got {val} beside {test}"):
        rows(val=val, test=test)


def test_a_class_that_train_would_lack_is_named():
    # 99 % of 20 is 20 when rounded: class 2 would be gone from train, the others not.
    with pytest.raises(ValueError, match=r"but got 0\.5 beside 0\.49, which leaves none of class 2\.$"):
        rows(val=0.5, test=0.49)


def test_a_train_split_that_would_be_empty_is_refused():
    with pytest.raises(ValueError, match="leaves none of the examples"):
        rows(torch.linspace(0, 1, 10), val=0.5, test=0.49, stratify=False)


PROPERTY = settings(max_examples=30, derandomize=True, deadline=None, database=None)
CLASSES = st.lists(st.integers(0, 2), min_size=60, max_size=150).filter(
    lambda found: min(map(found.count, set(found))) > 9
)


def divided(
    known: Known, num_rows: int, *, fold: int | None = None, num_folds: int = 5, seed: int = 0
) -> dict[str, Tensor]:
    shares = SplitSettings(val_fraction=0.15, test_fraction=0.2, split_seed=seed, fold=fold, num_folds=num_folds)
    parts = split_rows(num_rows, shares, known)
    assert torch.cat(list(parts.values())).sort().values.equal(torch.arange(num_rows)), "every row once"
    again = split_rows(num_rows, shares, known)
    assert all(parts[name].equal(again[name]) for name in parts), "the same for the same seed"
    return parts


@PROPERTY
@given(CLASSES, st.integers(2, 7), st.integers(0, 99))
def test_each_row_is_tested_in_one_fold_of_equal_size_and_shares(classes: list[int], num_folds: int, seed: int):
    strata = torch.tensor(classes)
    folds = [
        divided(Known(strata=strata), len(strata), fold=k, num_folds=num_folds, seed=seed) for k in range(num_folds)
    ]
    tests = [parts["test"] for parts in folds]
    assert torch.cat(tests).sort().values.equal(torch.arange(len(strata)))
    sizes = [len(test) for test in tests]
    assert max(sizes) - min(sizes) <= 1
    theirs = StratifiedKFold(num_folds, shuffle=True, random_state=seed).split(classes, classes)
    for one in strata.unique():
        counts = [int((strata[test] == one).sum()) for test in tests]
        assert max(counts) - min(counts) <= 1
    assert sorted(sizes) == sorted(len(test) for _, test in theirs)
    for parts in folds:
        for one in strata.unique():
            left = int((strata == one).sum() - (strata[parts["test"]] == one).sum())
            assert int((strata[parts["val"]] == one).sum()) == round(0.15 * left)


@PROPERTY
@given(
    st.lists(st.integers(0, 25), max_size=90).map(lambda drawn: [*range(26)] * 3 + drawn),
    st.integers(0, 99),
    st.sampled_from([None, 0, 3]),
)
def test_groups_stay_whole(groups: list[int], seed: int, fold: int | None):
    strata = torch.arange(len(groups)) % 2
    parts = divided(Known(strata=strata, groups=groups), len(groups), fold=fold, seed=seed)
    of_part = [{groups[row] for row in rows.tolist()} for rows in parts.values()]
    assert sum(map(len, of_part)) == len(set(groups))
    largest = max(map(groups.count, groups))
    wanted = 0.2 * len(groups)
    assert abs(len(parts["test"]) - wanted) <= largest
    for one in (0, 1):
        assert abs(int((strata[parts["test"]] == one).sum()) - wanted / 2) <= largest


@PROPERTY
@given(st.lists(st.integers(0, 40), min_size=60, max_size=150))
def test_val_is_later_than_train_and_test_later_than_val(times: list[int]):
    found = np.array(times, dtype=np.float64)
    try:
        parts = divided(Known(times=found), len(times))
    except ValueError as refused:  # the latest time has all rows of two splits
        assert "each split must have rows" in str(refused)  # noqa: PT017
        return
    ends = {name: (found[rows.numpy()].min(), found[rows.numpy()].max()) for name, rows in parts.items()}
    assert ends["train"][1] < ends["val"][0]
    assert ends["val"][1] < ends["test"][0]
    assert len(parts["test"]) <= 0.2 * len(times) + 1


def test_equal_rows_without_a_time_between_them_are_a_fifth_and_15_percent():
    parts = divided(Known(times=np.random.default_rng(0).permutation(200).astype(float)), 200)
    assert {name: len(rows) for name, rows in parts.items()} == {"test": 40, "val": 30, "train": 130}


def test_what_the_data_give_is_not_drawn():
    given = ["train"] * 50 + ["Validation", "dev"] * 10 + [" TEST "] * 30
    parts = divided(Known(given=given), 100)
    assert parts["val"].tolist() == list(range(50, 70))
    assert parts["test"].tolist() == list(range(70, 100))
    only = divided(Known(given=["train"] * 80 + ["test"] * 20), 100)
    assert only["test"].tolist() == list(range(80, 100))
    assert len(only["val"]) == 12


REFUSED = {
    "data.split: row 2 must be one of train, .*, but got 'holdout'": Known(given=["train", "holdout", "test"]),
    "data.split: must have rows of train, but got test": Known(given=["test"] * 3),
    "data: each split must have rows, but got none for val among 3 in 2 groups": Known(groups=["a", "b", "b"]),
    "data: each split must have rows": Known(times=np.zeros(3)),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_leaves_a_split_empty_is_refused(line: str):
    with pytest.raises(ValueError, match=line):
        divided(REFUSED[line], 3)
