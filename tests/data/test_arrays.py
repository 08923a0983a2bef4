"""Arrays in a file of NumPy's."""

import numpy as np
import pytest

from src.config.composition import compose_run
from src.data.reading import read_dataset

ROWS, LABELS = np.random.default_rng(0).normal(size=(40, 3)), np.tile([0, 1], 20)


def read(path, *overrides):
    return read_dataset(compose_run("data=arrays", f"data.path={path}", *overrides).data)


def test_rows_are_divided_as_the_keys_say(tmp_path):
    np.savez(tmp_path / "mine.npz", X=ROWS, y=LABELS)
    dataset = read(tmp_path / "mine.npz", "data.test_fraction=0.25")
    assert (len(dataset.train), len(dataset.val), len(dataset.test)) == (24, 6, 10)
    assert (dataset.name, dataset.task, dataset.input_shape) == ("mine.npz", "binary", (3,))
    assert read(tmp_path / "mine.npz", "data.task=regression").task == "regression"


def test_splits_that_the_file_has_stay_as_they_are(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 5, 5), np.uint8)
    parts = {"X_train": images[:20], "y_train": LABELS[:20], "X_test": images[20:], "y_test": LABELS[20:]}
    np.savez(tmp_path / "mine.npz", **parts)
    dataset = read(tmp_path / "mine.npz", "data.val_fraction=0.1")
    assert (len(dataset.train), len(dataset.val), len(dataset.test)) == (18, 2, 20)
    assert (dataset.test.inputs.numpy()[:, 0] == images[20:]).all()


def damaged(path):
    path.write_bytes(b"PK\x03\x04 and no more")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: np.savez(path, X=ROWS), "must hold X and y, or X_train and y_train, .* but got X"),
        (lambda path: np.savez(path, X=ROWS, y=LABELS[:3]), "data.path: X must be .* mine.npz gave X of shape"),
        (lambda path: np.savez(path, X=ROWS.astype(str), y=LABELS), "data.path: X must hold numbers"),
        (lambda path: np.savez(path, X=np.array([{}] * 40), y=LABELS), "must be a whole .npz file of arrays"),
        (damaged, "must be a whole .npz file of arrays, but got"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_line(tmp_path, make, message):
    make(tmp_path / "mine.npz")
    with pytest.raises(ValueError, match=message) as told:
        read(tmp_path / "mine.npz")
    assert "\n" not in str(told.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        read(tmp_path / "nothing.npz")
