"""Every rule of a dataset, broken once; and the sets that come with scikit-learn."""

import pytest
import torch

from src.data.dataset import Dataset, Split

GOOD = Split(torch.arange(18.0).reshape(6, 3), torch.tensor([0, 1, 0, 1, 0, 1]))
BAD = {
    "at least one example": Split(torch.empty(0, 3), torch.empty(0, dtype=torch.int64)),
    "inputs and labels must pair up, but got 5 inputs and 6 labels": Split(GOOD.inputs[:5], GOOD.labels),
    r"must have the shape of train's, \(3,\), but got \(4,\)": Split(torch.ones(6, 4), GOOD.labels),
    "inputs must be finite, but got NaN or infinity in 1 of 6": Split(
        GOOD.inputs.clone().index_fill(0, torch.tensor([2]), torch.nan), GOOD.labels
    ),
    "labels must lie in 0 to 1, but got 0 to 2": Split(GOOD.inputs, torch.tensor([0, 1, 2, 0, 0, 0])),
    "labels must lie in 0 to 1, but got -1 to 1": Split(GOOD.inputs, torch.tensor([0, 1, -1, 0, 0, 0])),
    "at least two classes must occur, but got only 'well'": Split(GOOD.inputs, torch.zeros(6, dtype=torch.int64)),
}


CASES = [
    (part, rule) for part in ("train", "val", "test") for rule in BAD if (part, "shape" in rule) != ("train", True)
]


@pytest.mark.parametrize(("part", "rule"), CASES)  # train sets the shape
def test_every_rule_names_source_split_and_value(part, rule):
    splits = {"train": GOOD, "val": GOOD, "test": GOOD, part: BAD[rule]}
    with pytest.raises(ValueError, match=f"^mine: {part}: .*{rule}"):
        Dataset("mine", "", "binary", **splits, classes=("well", "ill"))


def test_targets_of_a_regression_must_be_finite():
    with pytest.raises(ValueError, match="mine: train: targets must be finite"):
        Dataset("mine", "", "regression", Split(GOOD.inputs, torch.full((6,), torch.inf)), GOOD, GOOD)


def test_what_follows_from_the_examples():
    table = Dataset("mine", "", "binary", GOOD, GOOD, GOOD, classes=("well", "ill"))
    assert (table.input_shape, table.num_outputs, table.is_image) == ((3,), 1, False)
    films = Split(torch.zeros(4, 1, 5, 6, dtype=torch.uint8), torch.tensor([0, 1, 2, 0]))
    images = Dataset("mine", "", "multiclass", films, films, films, classes=("a", "b", "c"))
    assert (images.input_shape, images.num_outputs, images.is_image) == ((1, 5, 6), 3, True)
