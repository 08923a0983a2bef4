"""The reader of PneumoniaMNIST: what it gives, and each rule of its file violated."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from src.data import download as module
from src.data.dataset import Dataset
from src.data.sources.pneumoniamnist import PARTS, SIZES, pneumoniamnist

Arrays = dict[str, np.ndarray]


def small(size: int = 28, examples: int = 6) -> Arrays:
    """Random images and alternating labels under the keys of MedMNIST."""
    draw = np.random.default_rng(0)
    arrays: Arrays = {}
    for part in PARTS:
        arrays[f"{part}_images"] = draw.integers(0, 256, (examples, size, size), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(examples, dtype=np.uint8) % 2).reshape(-1, 1)
    return arrays


def packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub takes them for `allow_pickle`
    return buffer.getvalue()


def read(file: Path) -> Dataset:
    return pneumoniamnist(path=str(file), url="http://127.0.0.1:9/unused", md5="unused", cache="unused")


def test_the_real_file_gives_the_published_counts(shared: Path):
    dataset = read(shared / "pneumoniamnist.npz")
    # MedMNIST v2, table 2, and the counts of pneumonia of the file's description.
    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [4708, 524, 624]
    assert [int(split.labels.sum()) for split in (dataset.train, dataset.val, dataset.test)] == [3494, 389, 390]
    assert dataset.classes == ("normal", "pneumonia")
    assert (dataset.task, dataset.num_outputs, dataset.is_image, dataset.simulated) == ("binary", 1, True, False)


@pytest.mark.parametrize("size", SIZES)
def test_pixels_and_labels_are_those_of_the_file(size: int, tmp_path: Path):
    arrays, file = small(size), tmp_path / "small.npz"
    file.write_bytes(packed(arrays))
    dataset = read(file)
    for part in PARTS:
        split = getattr(dataset, part)
        assert split.inputs.dtype == torch.uint8
        assert split.inputs.shape == (6, 1, size, size)
        np.testing.assert_array_equal(split.inputs[:, 0].numpy(), arrays[f"{part}_images"])
        assert split.labels.dtype == torch.int64
        assert split.labels.tolist() == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64])
def test_flat_labels_of_any_integer_type_are_read(dtype: type, tmp_path: Path):
    arrays = {key: array.ravel().astype(dtype) if "labels" in key else array for key, array in small().items()}
    (tmp_path / "flat.npz").write_bytes(packed(arrays))
    assert read(tmp_path / "flat.npz").test.labels.tolist() == [0, 1, 0, 1, 0, 1]


def test_without_a_path_the_file_is_fetched_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    content = packed(small())
    asked: list[tuple[str, Path, str]] = []

    def fetch(url: str, path: Path, *, md5: str) -> Path:
        asked.append((url, path, md5))
        path.write_bytes(content)
        return path

    monkeypatch.setattr(module, "download", fetch)
    md5 = hashlib.md5(content).hexdigest()
    dataset = pneumoniamnist(path=None, url="http://here/file", md5=md5, cache=str(tmp_path))
    assert asked == [("http://here/file", tmp_path / "pneumoniamnist.npz", md5)]
    assert len(dataset.train) == 6


WRONG_ARRAYS: dict[str, tuple[str, np.ndarray, str]] = {
    "float images": ("train_images", np.zeros((6, 28, 28), np.float32), "train_images must be uint8, but got float32"),
    "wide images": ("val_images", np.zeros((6, 28, 28), np.uint16), "val_images must be uint8, but got uint16"),
    "coloured images": ("val_images", np.zeros((6, 28, 28, 3), np.uint8), r"val_images must be \(N, S, S\)"),
    "oblong images": ("test_images", np.zeros((6, 28, 64), np.uint8), r"test_images must be \(N, S, S\)"),
    "images of odd size": ("test_images", np.zeros((6, 29, 29), np.uint8), r"S in \(28, 64, 128, 224\)"),
    "one number for images": ("train_images", np.array(1, np.uint8), r"but got \(\)"),
    "one number for labels": ("train_labels", np.array(1, np.uint8), r"train_labels must be \(N,\) or \(N, 1\)"),
    "float labels": ("train_labels", np.zeros((6, 1)), "train_labels must be integers, but got float64"),
    "boolean labels": ("train_labels", np.zeros((6, 1), bool), "train_labels must be integers, but got bool"),
    "object labels": ("train_labels", np.array([[0]] * 6, object), "Object arrays cannot be loaded"),
    "labels in two columns": ("val_labels", np.zeros((6, 2), np.uint8), r"but got \(6, 2\)"),
    "a label too few": ("val_labels", np.array([0, 1, 0, 1, 0], np.uint8), r"one for each of 6 images, but got \(5,\)"),
    "label 2": (
        "test_labels",
        np.array([0, 1, 0, 1, 0, 2], np.uint8),
        "test: labels must lie in 0 to 1, but got 0 to 2",
    ),
    "label -1": ("test_labels", np.array([0, 1, 0, 1, 0, -1]), "test: labels must lie in 0 to 1, but got -1 to 1"),
    "one class only": ("train_labels", np.ones((6, 1), np.uint8), "two classes must occur, but got only 'pneumonia'"),
    "another size in val": ("val_images", np.zeros((6, 64, 64), np.uint8), "must have the shape of train's"),
}


@pytest.mark.parametrize("fault", WRONG_ARRAYS)
def test_a_wrong_array_is_refused(fault: str, tmp_path: Path):
    name, array, message = WRONG_ARRAYS[fault]
    (tmp_path / "wrong.npz").write_bytes(packed({**small(), name: array}))
    with pytest.raises(ValueError, match=message) as raised:
        read(tmp_path / "wrong.npz")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("part", PARTS)
def test_an_empty_split_is_refused(part: str, tmp_path: Path):
    empty = {f"{part}_{kind}": array[:0] for kind in ("images", "labels") for array in [small()[f"{part}_{kind}"]]}
    (tmp_path / "empty.npz").write_bytes(packed({**small(), **empty}))
    with pytest.raises(ValueError, match=f"{part}: a split must hold at least one example, but got none"):
        read(tmp_path / "empty.npz")


@pytest.mark.parametrize("key", small())
def test_a_missing_array_is_named(key: str, tmp_path: Path):
    (tmp_path / "lacks.npz").write_bytes(packed({name: array for name, array in small().items() if name != key}))
    with pytest.raises(ValueError, match=f"got none named {key}\\.$"):
        read(tmp_path / "lacks.npz")


def test_all_missing_arrays_are_listed(tmp_path: Path):
    (tmp_path / "other.npz").write_bytes(packed({"images": np.zeros(3)}))
    with pytest.raises(ValueError, match="got none named " + ", ".join(small())):
        read(tmp_path / "other.npz")


def rewritten(**members: bytes) -> bytes:
    """The small archive with some members replaced by raw bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed(small()))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, members.get(name.removesuffix(".npy"), old.read(name)))
    return buffer.getvalue()


def overwritten(content: bytes, marker: bytes, offset: int, value: bytes) -> bytes:
    start = content.index(marker) + offset
    return content[:start] + value + content[start + len(value) :]


def long_header() -> bytes:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (6, 28, 28), }".ljust(12000) + b"\n"
    return b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header


# Offsets into a zip file's central directory (APPNOTE 4.3.12) are counted from its signature PK 1 2.
DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "must be a whole .npz archive"),
    "cut in the middle": (lambda: packed(small())[:2000], "must be a whole .npz archive"),
    "last byte cut": (lambda: packed(small())[:-1], "must be a whole .npz archive"),
    "text": (lambda: b"<html>Not found</html>\n" * 50, "must be a whole .npz archive"),
    "pickle": (lambda: b"\x80\x04N." * 50, "must be a whole .npz archive"),
    "one array": (lambda: packed_array(), "must be a whole .npz archive"),
    "broken stream": (lambda: overwritten(packed(small()), b"PK\x03\x04", 60, b"\xff" * 8), "decompressing"),
    "flipped pixels": (lambda: overwritten(packed(small()), b"PK\x03\x04", 2000, b"\xff" * 8), "Bad CRC-32"),
    "encrypted": (lambda: overwritten(packed(small()), b"PK\x01\x02", 8, b"\x01"), "is encrypted"),
    "unknown compression": (lambda: overwritten(packed(small()), b"PK\x01\x02", 10, b"\x63"), "not supported"),
    "member that is no array": (lambda: rewritten(val_images=b"text"), "got none named val_images"),
    "header of many lines": (lambda: rewritten(train_images=long_header()), "Header info length"),
    "fewer pixels than the header says": (lambda: rewritten(train_images=packed_array()[:-9]), "whole .npz archive"),
}


def packed_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, small()["train_images"])
    return buffer.getvalue()


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(damage: str, tmp_path: Path):
    content, message = DAMAGED[damage]
    (tmp_path / "damaged.npz").write_bytes(content())
    with pytest.raises(ValueError, match=message) as raised:
        read(tmp_path / "damaged.npz")
    assert str(raised.value).startswith(str(tmp_path / "damaged.npz"))
    assert "\n" not in str(raised.value)


def test_the_real_file_cut_short_is_refused(shared: Path, tmp_path: Path):
    content = (shared / "pneumoniamnist.npz").read_bytes()
    (tmp_path / "short.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"must be a whole \.npz archive"):
        read(tmp_path / "short.npz")


def test_a_folder_is_refused_by_name(tmp_path: Path):
    with pytest.raises(OSError, match=str(tmp_path)):
        read(tmp_path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        read(tmp_path / "nowhere.npz")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_a_forbidden_file_is_refused_by_name(tmp_path: Path):
    (tmp_path / "secret.npz").write_bytes(packed(small()))
    (tmp_path / "secret.npz").chmod(0)
    with pytest.raises(PermissionError, match=r"secret\.npz"):
        read(tmp_path / "secret.npz")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that opens but cannot be read is Linux's")
def test_a_file_that_opens_but_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match=r"^/proc/self/mem: must be a whole \.npz archive"):
        read(Path("/proc/self/mem"))
