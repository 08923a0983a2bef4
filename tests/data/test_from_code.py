"""What a reader of one's own may return: frames, arrays of any type, splits; the rest gets one line."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from src.data.from_code import dataset_of, of_reader
from src.data.reading import read_dataset
from tests.data.tables.made import csv, customers, read

DRAW = np.random.default_rng(0)
X, Y = DRAW.integers(0, 2, (60, 3)), np.arange(60) % 2


def of(found: Any, **settings: Any):
    return dataset_of(found, of_reader("mine.read"), settings)


NUMPY = [bool, np.int8, np.uint8, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64]
TORCH = [torch.bool, torch.int8, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("labels", NUMPY)
@pytest.mark.parametrize("inputs", NUMPY)
def test_arrays_of_numpy_of_any_type_are_one_data_set(inputs: type, labels: type):
    dataset = of((X.astype(inputs), Y.astype(labels)))
    expected = of((X, Y))
    assert dataset.task == "binary"
    assert dataset.train.inputs.dtype == torch.float32
    for part in ("train", "val", "test"):
        assert getattr(dataset, part).inputs.equal(getattr(expected, part).inputs)
        assert getattr(dataset, part).labels.equal(getattr(expected, part).labels)


@pytest.mark.parametrize("dtype", TORCH)
def test_tensors_are_too(dtype: torch.dtype):
    inputs, labels = torch.from_numpy(X).to(dtype), torch.from_numpy(Y).to(dtype)
    assert of((inputs, labels.unsqueeze(1))).train.inputs.equal(of((X, Y)).train.inputs)
    assert of((inputs.float().requires_grad_(), labels)).train.labels.equal(of((X, Y)).train.labels)


def test_a_frame_with_its_target_is_a_table(tmp_path):
    frame = customers()
    expected = read(csv(tmp_path, frame)).train.inputs
    for dataset in (
        of(frame, target="bought"),
        of((frame, "bought")),
        of((frame.drop(columns="bought"), frame["bought"])),
        of((frame.drop(columns="bought"), frame["bought"].to_numpy())),
    ):
        assert dataset.train.inputs.equal(expected)


def test_splits_stay_as_they_are_given():
    dataset = of({"train": (X[:30], Y[:30]), "val": (X[30:40], Y[30:40]), "test": (X[40:], Y[40:])})
    assert dataset.val.inputs.equal(torch.from_numpy(X[30:40]).float())
    assert dataset.test.labels.equal(torch.from_numpy(Y[40:]))
    assert len(of({"train": (X, Y)}, test_fraction=0.5).test) == 30


def test_frames_stay_in_the_splits_that_they_are_given_for():
    frame = customers(90)
    parts = {"train": frame[:50], "val": frame[50:70], "test": frame[70:]}
    marked = frame.assign(part=["train"] * 50 + ["val"] * 20 + ["test"] * 20)
    expected = of((marked, "bought"), split="part")
    for dataset in (
        of({part: (rows, "bought") for part, rows in parts.items()}),
        of({part: (rows.drop(columns="bought"), rows["bought"]) for part, rows in parts.items()}),
    ):
        for part in ("train", "val", "test"):
            assert getattr(dataset, part).inputs.equal(getattr(expected, part).inputs)
            assert getattr(dataset, part).labels.equal(getattr(expected, part).labels)


def test_images_keep_their_bytes():
    images = DRAW.integers(0, 256, (40, 5, 6), dtype=np.uint8)
    dataset = of((images, Y[:40]))
    assert dataset.is_image
    assert dataset.input_shape == (1, 5, 6)
    assert dataset.train.inputs.dtype == torch.uint8


def test_a_regression_has_its_scale_of_train():
    targets = DRAW.normal(10, 3, 60)
    dataset = of((X, targets))
    assert dataset.task == "regression"
    assert float(dataset.train.labels.mean()) == pytest.approx(0, abs=1e-6)
    assert float(dataset.train.labels.std(correction=0)) == pytest.approx(1, abs=1e-6)


class Theirs:
    pass


REFUSED = {
    "None": None,
    "Theirs": Theirs(),
    "one array": X,
    "three": (X, Y, Y),
    "text": (X.astype(str), Y),
    "complex": (X.astype(complex), Y),
    "objects": (np.array([[{}]] * 60), Y),
    "ragged": ([[1, 2], [3]], [0, 1]),
    "lengths": (X, Y[:7]),
    "frame and lengths": (pd.DataFrame(X), Y[:7]),
    "frame and one number": (pd.DataFrame(X), 3),
    "frame and labels of two columns": (pd.DataFrame(X), np.stack([Y, Y], 1)),
    "labels called as a column": (customers(), customers()["bought"]),
    "frames that differ": {"train": (customers(), "bought"), "test": (customers().drop(columns="age"), "bought")},
    "channels last": (np.zeros((60, 8, 8, 3), np.uint8), Y),
    "one class": (X, np.zeros(60)),
    "nan": (np.where(X == 0, np.nan, X), Y),
    "no rows": (X[:0], Y[:0]),
    "flat": (Y, Y),
    "labels of two columns": (X, np.stack([Y, Y], 1)),
    "a split of one": {"train": X},
    "splits that differ": {"train": (X, Y), "test": (X[:, :2], Y)},
    "no such column": (customers(), "sold"),
    "frame alone": customers(),
    "twice": (customers().set_axis(["a", "a", "b", "c", "d", "e"], axis=1), "e"),
    "labels of dicts": (X, [{}] * 60),
    "labels without length": (X, 3),
    "scalars": (1, 2),
    "missing labels": (X, np.where(Y, np.nan, 0)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_be_no_data_set_gets_one_line(kind: str):
    with pytest.raises(ValueError, match=".") as refused:
        of(REFUSED[kind])
    line = str(refused.value)
    assert ": " in line
    assert "\n" not in line
    assert "but" in line


def test_a_reader_is_something_that_can_be_called(monkeypatch: pytest.MonkeyPatch, tmp_path):
    (tmp_path / "mine_pi.py").write_text("pi = 3.14\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=r"^data\._target_: must be a class or function, but got 'mine_pi\.pi'"):
        read_dataset({"_target_": "mine_pi.pi"})


def test_the_reader_of_a_run_may_be_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path):
    (tmp_path / "mine_tables.py").write_text(
        "import numpy as np\ndef read(rows):\n    return np.eye(rows), np.arange(rows) % 2\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    dataset = read_dataset({"_target_": "mine_tables.read", "rows": 40, "test_fraction": 0.5})
    assert (len(dataset.test), dataset.input_shape) == (20, (40,))
