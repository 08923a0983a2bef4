"""Splits: every row once, classes in proportion, the same for the same seed, impossible fractions refused."""

import math

import pytest
import torch
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
