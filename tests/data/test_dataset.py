"""Every rule of a dataset, broken once; and the sets that come with scikit-learn."""

import pytest
import torch

from src.data import bundled
from src.data.dataset import Dataset, Split
from src.data.splits import split_rows

GOOD = Split(torch.randn(6, 3), torch.tensor([0, 1, 0, 1, 0, 1]))
BAD = {
    "at least one example": Split(torch.empty(0, 3), torch.empty(0, dtype=torch.int64)),
    "inputs and labels must pair up, but got 5 inputs and 6 labels": Split(GOOD.inputs[:5], GOOD.labels),
    r"must have the shape of train's, \(3,\), but got \(4,\)": Split(torch.randn(6, 4), GOOD.labels),
    "inputs must be finite, but got NaN or infinity in 1 of 6": Split(
        GOOD.inputs.clone().index_fill(0, torch.tensor([2]), torch.nan), GOOD.labels
    ),
    "labels must lie in 0 to 1, but got 0 to 2": Split(GOOD.inputs, torch.tensor([0, 1, 2, 0, 0, 0])),
    "labels must lie in 0 to 1, but got -1 to 1": Split(GOOD.inputs, torch.tensor([0, 1, -1, 0, 0, 0])),
    "at least two classes must occur, but got only 'well'": Split(GOOD.inputs, torch.zeros(6, dtype=torch.int64)),
}


@pytest.mark.parametrize("rule", BAD)
@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_every_rule_names_source_split_and_value(rule, part):
    if part == "train" and "shape of train" in rule:
        pytest.skip("train sets the shape")
    splits = {"train": GOOD, "val": GOOD, "test": GOOD, part: BAD[rule]}
    with pytest.raises(ValueError, match=f"^mine: {'val' if 'shape' in rule and part == 'train' else part}: .*{rule}"):
        Dataset("mine", "", "binary", **splits, classes=("well", "ill"))


def test_targets_of_a_regression_must_be_finite():
    with pytest.raises(ValueError, match="mine: train: targets must be finite"):
        Dataset("mine", "", "regression", Split(GOOD.inputs, torch.full((6,), torch.inf)), GOOD, GOOD)


EXPECTED = {
    "digits": ("multiclass", (1, 8, 8), 1797, 10),
    "breast_cancer": ("binary", (30,), 569, 2),
    "wine": ("multiclass", (13,), 178, 3),
    "diabetes": ("regression", (10,), 442, 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_bundled_sets_are_whole_and_hold_every_class_everywhere(name):
    dataset = getattr(bundled, name)(val_fraction=0.15, test_fraction=0.2, split_seed=0)
    task, shape, rows, classes = EXPECTED[name]
    parts = (dataset.train, dataset.val, dataset.test)
    assert (dataset.task, dataset.input_shape, sum(map(len, parts)), len(dataset.classes)) == (
        task,
        shape,
        rows,
        classes,
    )
    assert abs(len(dataset.val) - 0.15 * rows) <= classes + 1
    if classes:
        assert all(len(part.labels.unique()) == classes for part in parts)


def test_label_one_of_breast_cancer_is_malignant():
    dataset = bundled.breast_cancer(val_fraction=0.15, test_fraction=0.2, split_seed=0)
    assert sum(int(part.labels.sum()) for part in (dataset.train, dataset.val, dataset.test)) == 212
    assert dataset.classes[1] == "malignant"


def test_a_split_is_disjoint_whole_stratified_and_a_function_of_its_seed():
    labels = torch.tensor([0] * 50 + [1] * 30 + [2] * 20)

    def split(seed):
        return split_rows(labels, val_fraction=0.2, test_fraction=0.1, seed=seed, stratify=True)

    rows = split(0)
    assert torch.cat(list(rows.values())).sort().values.equal(torch.arange(100))
    assert [labels[rows["val"]].bincount().tolist(), labels[rows["test"]].bincount().tolist()] == [
        [10, 6, 4],
        [5, 3, 2],
    ]
    assert all(torch.equal(split(0)[part], rows[part]) for part in rows)
    assert not torch.equal(split(1)["val"], rows["val"])


@pytest.mark.parametrize(
    ("val", "test", "rule"),
    [
        (0.0, 0.2, "val_fraction: must lie"),
        (0.2, 1.0, "test_fraction: must lie"),
        (0.6, 0.4, "must leave rows for train"),
    ],
)
def test_fractions_have_rules(val, test, rule):
    with pytest.raises(ValueError, match=rule):
        split_rows(torch.arange(9), val_fraction=val, test_fraction=test, seed=0, stratify=False)
