"""What splits share is found, and nothing else is told."""

from dataclasses import replace

import pytest
import torch

from src.data.dataset import Dataset, Split
from src.data.duplicates import duplicates
from src.data.reading import read_dataset
from src.data.sources.bundled import breast_cancer

SPLITS = {"val_fraction": 0.15, "test_fraction": 0.2, "split_seed": 0, "fold": None, "num_folds": 5}


def smooth_images(num: int, seed: int) -> torch.Tensor:
    """(num, 1, 24, 24) uint8, each of its own soft shapes."""
    coarse = torch.rand(num, 1, 6, 6, generator=torch.Generator().manual_seed(seed))
    return (torch.nn.functional.interpolate(coarse, 24, mode="bicubic").clamp(0, 1) * 200 + 20).to(torch.uint8)


def images() -> Dataset:
    train, val, test = (Split(smooth_images(num, seed), torch.arange(num) % 2) for seed, num in enumerate((60, 20, 20)))
    return Dataset("films", "", "binary", train, val, test, classes=("well", "ill"))


def with_val(dataset: Dataset, places: list[int], inputs: torch.Tensor) -> Dataset:
    changed = dataset.val.inputs.clone()
    changed[places] = inputs
    return replace(dataset, val=replace(dataset.val, inputs=changed))


def test_images_that_are_all_different_are_nothing_to_tell():
    assert list(duplicates(images())) == []


def test_copies_are_counted_and_the_first_is_named():
    data = images()
    noisy = (
        data.train.inputs[9].float() + torch.randn(1, 24, 24, generator=torch.Generator().manual_seed(5)) * 3
    ).clamp(0, 255)
    copies = torch.stack([data.train.inputs[4], data.train.inputs[7], noisy.to(torch.uint8)])
    (line,) = duplicates(with_val(data, [2, 3, 8], copies))
    assert line == (
        "leak: images stand in train and elsewhere, identical and near-identical: in val 2 and 1 of 20 (row 3, say)."
    )


def test_another_exposure_is_as_good_as_the_same():
    data = images()
    (line,) = duplicates(with_val(data, [0], (data.train.inputs[:1].float() * 0.8 + 25).to(torch.uint8)))
    assert "in val 0 and 1 of 20" in line


def test_rows_of_a_table_of_numbers_are_compared_too():
    data = breast_cancer(**SPLITS)
    assert list(duplicates(data)) == []
    near = data.train.inputs[5] * (1 + 1e-5)
    changed = with_val(data, [1, 2], torch.stack([data.train.inputs[3], near]))
    (line,) = duplicates(changed)
    assert "in val 1 and 1 of 86 " in line


def test_nothing_is_said_of_simulated_data():
    data = images()
    shared = replace(data, val=Split(data.train.inputs[:20], data.val.labels), simulated=True)
    assert list(duplicates(shared)) == []


@pytest.mark.parametrize("name", ["wine", "diabetes", "breast_cancer"])
def test_every_dataset_that_is_read_is_looked_at(name):
    values = {"_target_": f"src.data.sources.bundled.{name}", "standardize": "features", **SPLITS}
    assert read_dataset(values).warnings == ()
