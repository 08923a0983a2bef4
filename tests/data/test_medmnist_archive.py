"""Files of MedMNIST, each of their rules violated."""

import io
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from src.data.sources.medmnist.content import PARTS
from tests.data.medmnist_files import packed, read, small

WRONG_ARRAYS: dict[str, tuple[str, np.ndarray, str]] = {
    "float images": ("train_images", np.zeros((6, 28, 28), np.float32), "train_images must be uint8, but got float32"),
    "wide images": ("val_images", np.zeros((6, 28, 28), np.uint16), "val_images must be uint8, but got uint16"),
    "coloured images": ("val_images", np.zeros((6, 28, 28, 3), np.uint8), "must have the shape of train's"),
    "images of two channels": ("val_images", np.zeros((6, 28, 28, 2), np.uint8), r"val_images must be \(N, S, S\)"),
    "oblong images": ("test_images", np.zeros((6, 28, 64), np.uint8), r"test_images must be \(N, S, S\)"),
    "images of odd size": ("test_images", np.zeros((6, 29, 29), np.uint8), r"S in \(28, 64, 128, 224\)"),
    "one number for images": ("train_images", np.array(1, np.uint8), r"but got \(\)"),
    "one number for labels": ("train_labels", np.array(1, np.uint8), r"train_labels must be \(N,\) or \(N, L\)"),
    "float labels": ("train_labels", np.zeros((6, 1)), "train_labels must be integers, but got float64"),
    "boolean labels": ("train_labels", np.zeros((6, 1), bool), "train_labels must be integers, but got bool"),
    "object labels": ("train_labels", np.array([[0]] * 6, object), "got: train_labels of Python objects"),
    "labels in two columns": ("val_labels", np.zeros((6, 2), np.uint8), r"but got \(6, 1\), \(6, 2\), \(6, 1\)"),
    "labels without columns": ("val_labels", np.zeros((6, 0), np.uint8), r"but got \(6, 0\)"),
    "labels in a thousand columns": ("val_labels", np.zeros((6, 1000), np.uint8), "1 to 256 for each of 6 images"),
    "a label too few": ("val_labels", np.array([0, 1, 0, 1, 0], np.uint8), r"for each of 6 images, but got \(5,\)"),
    "label -1": ("test_labels", np.array([0, 1, 0, 1, 0, -1]), "test: labels must lie in 0 to 1, but got -1 to 1"),
    "one class only": ("train_labels", np.ones((6, 1), np.uint8), "two classes must occur, but got only '1'"),
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
    with pytest.raises(ValueError, match=f"{part}_images must hold at least one image, but got none"):
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
    "member that is no array": (lambda: rewritten(val_images=b"text"), "reading magic string"),
    "header of many lines": (lambda: rewritten(train_images=long_header()), "Header info length"),
    "fewer pixels than the header says": (lambda: rewritten(train_images=packed_array()[:-9]), "asks for 4704"),
    "more pixels than the header says": (lambda: rewritten(train_images=packed_array() + b"0" * 9), "of 4713 bytes"),
    "a header that asks for a petabyte": (
        lambda: rewritten(train_images=packed_header((10**12, 28, 28))),
        "asks for 784",
    ),
    "an unknown version": (lambda: rewritten(train_images=b"\x93NUMPY\x07\x00" + b" " * 90), "in version 7.0 of .npy"),
    "images that are not there": (lambda: claiming(10**5), "whole .npz archive"),
    "more than the memory at hand": (lambda: claiming(10**9), r"got: 784\.0 GB, where .* GB of memory are at hand\.$"),
}


def packed_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, small()["train_images"])
    return buffer.getvalue()


def packed_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def claiming(images: int) -> bytes:
    """Images of which there are no bytes, though header and directory agree that there are."""
    header, buffer = packed_header((images, 28, 28)), io.BytesIO(rewritten())
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the name that is there twice: the last is read
        archive.writestr("train_images.npy", header)
        archive.getinfo("train_images.npy").file_size = len(header) + images * 28 * 28
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
