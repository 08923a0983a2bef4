"""scikit-learn's sets: the rows are scikit-learn's, each once, and the arguments reach the split."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
import torch
import yaml

from src.data.dataset import Dataset, Task
from src.data.reading import read_dataset
from src.data.sources import bundled
from tests.doors import REPOSITORY

Reader = Callable[..., Dataset]
# reader: task, classes, shape of an example, type of the inputs
READERS: dict[Reader, tuple[Task, int, tuple[int, ...], torch.dtype]] = {
    bundled.digits: ("multiclass", 10, (1, 8, 8), torch.uint8),
    bundled.breast_cancer: ("binary", 2, (30,), torch.float32),
    bundled.wine: ("multiclass", 3, (13,), torch.float32),
    bundled.diabetes: ("regression", 0, (10,), torch.float32),
}
every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)


def read(reader: Reader, val: float = 0.15, test: float = 0.2, seed: int = 0) -> Dataset:
    return reader(val_fraction=val, test_fraction=test, split_seed=seed, fold=None, num_folds=5)


def joined(dataset: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    parts = (dataset.train, dataset.val, dataset.test)
    return torch.cat([part.inputs for part in parts]).flatten(1).double(), torch.cat([part.labels for part in parts])


def originals(name: str) -> tuple[np.ndarray, np.ndarray]:
    options = {"scaled": False} if name == "diabetes" else {}
    data, target = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True, **options)
    return data, 1 - target if name == "breast_cancer" else target


@every_reader
def test_types_and_shapes(reader: Reader):
    task, classes, shape, dtype = READERS[reader]
    dataset = read(reader)
    assert (dataset.name, dataset.task, len(dataset.classes)) == (reader.__name__, task, classes)
    assert (dataset.input_shape, dataset.train.inputs.dtype) == (shape, dtype)
    assert dataset.train.labels.dtype == (torch.float32 if task == "regression" else torch.int64)
    assert not dataset.simulated


@every_reader
def test_the_examples_are_scikit_learns_each_once(reader: Reader):
    inputs, labels = joined(read(reader))
    data, target = originals(reader.__name__)
    mine = np.column_stack([inputs.numpy(), labels.double().numpy()])
    theirs = np.column_stack([data.astype(np.float32), target.astype(np.float32)]).astype(np.float64)
    np.testing.assert_array_equal(mine[np.lexsort(mine.T)], theirs[np.lexsort(theirs.T)])


@every_reader
def test_fractions_and_seed_decide_the_split(reader: Reader):
    first, again, other = read(reader), read(reader), read(reader, seed=1)
    assert first.train.inputs.equal(again.train.inputs)
    assert not first.train.inputs.equal(other.train.inputs)
    examples = len(originals(reader.__name__)[1])
    assert len(first.test) == pytest.approx(0.2 * examples, abs=5)
    assert len(first.val) == pytest.approx(0.15 * examples, abs=5)
    assert len(read(reader, test=0.4).test) == pytest.approx(0.4 * examples, abs=5)


@every_reader
def test_every_class_stands_in_every_split(reader: Reader):
    dataset = read(reader)
    for part in (dataset.train, dataset.val, dataset.test):
        if dataset.task != "regression":
            assert part.labels.unique().tolist() == list(range(len(dataset.classes)))


def test_the_sick_class_of_breast_cancer_is_positive():
    dataset = read(bundled.breast_cancer)
    assert dataset.classes == ("benign", "malignant")
    assert int(joined(dataset)[1].sum()) == 212  # malignant biopsies, Wolberg et al. 1995


def test_greys_of_digits_lie_in_0_to_16():
    data = read(bundled.digits)
    inputs, _ = joined(data)
    assert data.white == inputs.max()
    assert (float(inputs.min()), float(inputs.max())) == (0, 16)


@every_reader
def test_a_split_too_small_for_an_example_is_refused(reader: Reader):
    with pytest.raises(ValueError, match="^data: each split must have rows, but got none for (val|test)") as raised:
        read(reader, val=0.001, test=0.001)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_the_configuration_calls_the_reader(reader: Reader):
    values = yaml.safe_load((REPOSITORY / "conf" / "data" / f"{reader.__name__}.yaml").read_text())
    assert read_dataset(values).train.inputs.equal(read(reader).train.inputs)
    assert values["standardize"] == ("channels" if read_dataset(values).is_image else "features")


def test_scikit_learn_is_imported_only_when_a_set_is_read(tmp_path: Path):
    code = "import sys, src.data.sources.bundled, src.data.sources.medmnist; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, timeout=60).returncode == 0
