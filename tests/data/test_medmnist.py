"""The reader of MedMNIST: what it gives of which set, and each rule of its files violated."""

import hashlib
import io
import os
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from src.data import download as module
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.data.sources.medmnist import medmnist, sets
from src.data.sources.medmnist.content import PARTS, SIZES
from src.data.sources.medmnist.sets import SETS
from tests.doors import REPOSITORY

Arrays = dict[str, np.ndarray]


def small(size: int = 28, examples: int = 6, *, channels: int = 1, classes: int = 2) -> Arrays:
    """Random images, and labels that go round the classes, under the keys of MedMNIST."""
    draw, shape = np.random.default_rng(0), (examples, size, size, channels)[: 3 if channels == 1 else 4]
    arrays: Arrays = {}
    for part in PARTS:
        arrays[f"{part}_images"] = draw.integers(0, 256, shape, dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(examples, dtype=np.uint8) % classes).reshape(-1, 1)
    return arrays


def of_set(name: str) -> Arrays:
    """A small file of one of MedMNIST's sets; where images have several labels, the first image has the first."""
    entry = SETS[name]
    arrays = small(examples=80, channels=entry.channels, classes=len(entry.classes))
    if entry.task == "multi-label":
        every = np.eye(80, len(entry.classes), dtype=np.uint8)
        arrays |= {f"{part}_labels": every for part in PARTS}
    return arrays


def packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub takes them for `allow_pickle`
    return buffer.getvalue()


def written(folder: Path, name: str, arrays: Arrays) -> Path:
    (folder / name).write_bytes(packed(arrays))
    return folder / name


def read(file: Path, **given: Any) -> Dataset:
    unused = {"url": "http://127.0.0.1:9/unused", "md5": "unused", "cache": "unused"}
    return medmnist(
        path=str(file), **{"name": None, "classes": None, "positive": None, "label": None, **unused, **given}
    )


def test_the_real_file_gives_the_published_counts(shared: Path):
    dataset = read(shared / "pneumoniamnist.npz")
    # MedMNIST v2, table 2, and the counts of pneumonia of the file's description.
    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [4708, 524, 624]
    assert [int(split.labels.sum()) for split in (dataset.train, dataset.val, dataset.test)] == [3494, 389, 390]
    assert dataset.classes == ("normal", "pneumonia")
    assert (dataset.task, dataset.num_outputs, dataset.is_image, dataset.simulated) == ("binary", 1, True, False)
    assert dataset.name == "pneumoniamnist"
    sha256 = hashlib.sha256((shared / "pneumoniamnist.npz").read_bytes()).hexdigest()
    assert dataset.source == (
        "PneumoniaMNIST (MedMNIST v2, Yang et al. 2023, after Kermany et al. 2018), CC BY 4.0, SHA-256 " + sha256[:12]
    )


def test_the_real_file_is_known_under_any_name_by_its_numbers_of_images(shared: Path, tmp_path: Path):
    (tmp_path / "films.npz").symlink_to(shared / "pneumoniamnist.npz")
    assert read(tmp_path / "films.npz").digest == read(shared / "pneumoniamnist.npz").digest
    with pytest.raises(
        ValueError, match="by its numbers of images pneumoniamnist, but got breastmnist; say data.name="
    ):
        read(tmp_path / "films.npz", name="breastmnist")


@pytest.mark.parametrize("configuration", ["medmnist", "pneumoniamnist"])
def test_the_configurations_call_the_reader(configuration: str, tmp_path: Path):
    values = yaml.safe_load((REPOSITORY / "conf" / "data" / f"{configuration}.yaml").read_text())
    dataset = read_dataset({**values, "path": str(written(tmp_path, "pneumoniamnist.npz", small()))})
    assert (dataset.name, dataset.classes) == ("pneumoniamnist", ("normal", "pneumonia"))
    with pytest.raises(ValueError, match="data.path: must be a file, or data.name one of .*, but got neither"):
        read_dataset({**values, "name": None})


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("ending", [".npz", "_64.npz", "_224 (1).npz"])
def test_every_set_is_known_by_the_name_of_its_file(name: str, ending: str, tmp_path: Path):
    arrays, entry = of_set(name), SETS[name]
    several = {"label": 0} if entry.task == "multi-label" else {}
    dataset = read(written(tmp_path, f"{name}{ending}", arrays), **several)
    assert dataset.source.startswith(f"{entry.title} (MedMNIST v2")
    assert f"{entry.licence}, SHA-256 " in dataset.source
    assert dataset.input_shape == (entry.channels, 28, 28)
    for part in PARTS:
        split, pixels = getattr(dataset, part), arrays[f"{part}_images"]
        channels_first = pixels[:, None] if pixels.ndim == 3 else np.moveaxis(pixels, -1, 1)
        np.testing.assert_array_equal(split.inputs.numpy(), channels_first)
        assert split.inputs.is_contiguous()
        stated = arrays[f"{part}_labels"]
        if not several:  # each image is called what MedMNIST calls its label
            called = [dataset.classes[label] for label in split.labels]
            assert called == [entry.classes[int(label)] for label in stated[:, 0]]


def test_the_numbers_of_the_sets_are_those_of_medmnist():
    # MedMNIST v2, table 2: images in all of each 2D set, and its number of classes or labels.
    assert {name: (sum(entry.counts), len(entry.classes)) for name, entry in SETS.items()} == {
        "pathmnist": (107_180, 9),
        "chestmnist": (112_120, 14),
        "dermamnist": (10_015, 7),
        "octmnist": (109_309, 4),
        "pneumoniamnist": (5_856, 2),
        "retinamnist": (1_600, 5),
        "breastmnist": (780, 2),
        "bloodmnist": (17_092, 8),
        "tissuemnist": (236_386, 8),
        "organamnist": (58_830, 11),
        "organcmnist": (23_583, 11),
        "organsmnist": (25_211, 11),
    }
    assert all(len({getattr(entry, key) for entry in SETS.values()}) == len(SETS) for key in ("md5", "counts", "title"))
    assert all(re.fullmatch("[0-9a-f]{32}", entry.md5) for entry in SETS.values())


SICK = {
    "pneumoniamnist": (None, ("normal", "pneumonia"), [0, 1, 0, 1]),
    "breastmnist": (None, ("normal, benign", "malignant"), [1, 0, 1, 0]),
    "breastmnist of the healthy": ("normal, benign", ("malignant", "normal, benign"), [0, 1, 0, 1]),
    "pneumoniamnist by number": (0, ("pneumonia", "normal"), [1, 0, 1, 0]),
    "unknown": (None, ("0", "1"), [0, 1, 0, 1]),
    "unknown by number": (0, ("1", "0"), [1, 0, 1, 0]),
}


@pytest.mark.parametrize("case", SICK)
def test_class_1_is_the_sick_or_the_one_that_is_said(case: str, tmp_path: Path):
    positive, classes, labels = SICK[case]
    dataset = read(written(tmp_path, f"{case.partition(' ')[0]}.npz", small()), positive=positive)
    assert (dataset.task, dataset.classes, dataset.train.labels[:4].tolist()) == ("binary", classes, labels)


def test_an_unknown_set_has_numbers_or_the_classes_that_are_given(tmp_path: Path):
    file = written(tmp_path, "skin.npz", small(channels=3, classes=3))
    plain, named = read(file), read(file, classes=["mole", "wart", "melanoma"])
    assert (plain.name, plain.task, plain.classes) == ("skin", "multiclass", ("0", "1", "2"))
    assert plain.source.startswith("skin.npz, in the format of MedMNIST, of no known set or licence, SHA-256 ")
    assert (named.name, named.classes, named.num_outputs) == ("skin", ("mole", "wart", "melanoma"), 3)
    assert named.train.labels.equal(plain.train.labels)


def test_a_set_is_known_by_its_md5_whatever_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    content = packed(small())
    (tmp_path / "pneumoniamnist.npz").write_bytes(content)
    entry = sets.MedSet(**{**vars(SETS["breastmnist"]), "md5": hashlib.md5(content).hexdigest()})
    monkeypatch.setitem(SETS, "breastmnist", entry)
    assert read(tmp_path / "pneumoniamnist.npz").name == "breastmnist"
    with pytest.raises(ValueError, match="by its MD5 breastmnist, but got pneumoniamnist"):
        read(tmp_path / "pneumoniamnist.npz", name="pneumoniamnist")


@pytest.mark.parametrize(("label", "column"), [("atelectasis", 0), ("pneumonia", 6), (6, 6), ("hernia", 13)])
def test_of_several_labels_one_is_read(label: str | int, column: int, tmp_path: Path):
    dataset = read(written(tmp_path, "chestmnist.npz", of_set("chestmnist")), label=label)
    name = SETS["chestmnist"].classes[column]
    assert (dataset.name, dataset.task, dataset.classes) == (f"chestmnist-{name}", "binary", (f"no {name}", name))
    assert dataset.test.labels.nonzero().flatten().tolist() == [column]
    assert dataset.source.endswith(f", label {name}")


REFUSED: dict[str, tuple[str, Callable[[], Arrays], dict[str, Any], str]] = {
    "several labels": (
        "chestmnist",
        lambda: of_set("chestmnist"),
        {},
        "data.label: must be one of atelectasis, .* got nothing",
    ),
    "no such label": (
        *("chestmnist", lambda: of_set("chestmnist"), {"label": "flu"}),
        "data.label: must be one of atelectasis, .* or its number, but got 'flu'",
    ),
    "a number too high": ("chestmnist", lambda: of_set("chestmnist"), {"label": 14}, "data.label: must .* but got 14"),
    "a label of one": ("x", small, {"label": 0}, "data.label: must be null where an image has one label, but got 0"),
    "no such class": (
        "x",
        small,
        {"positive": "ill"},
        "data.positive: must be one of 0, 1 or its number, but got 'ill'",
    ),
    "positive of many": (
        *("retinamnist", lambda: of_set("retinamnist"), {"positive": 1}),
        "data.positive: must be null for 5 classes, but got 1",
    ),
    "too few classes": ("x", small, {"classes": ["a"]}, r"data.classes: must be 2 names, .*, but got \['a'\]"),
    "one class twice": ("x", small, {"classes": ["a", "a"]}, "data.classes: must be 2 names"),
    "another set by name": (
        *("breastmnist_64", small, {"name": "pneumoniamnist"}),
        "data.name: must be the set of .*breastmnist_64.npz, by its name breastmnist, but got pneumoniamnist",
    ),
    "channels of another": (
        *("x", lambda: small(channels=3), {"name": "pneumoniamnist"}),
        "must hold 1 channel and 2 classes, as PneumoniaMNIST does, but got 3 channels and 2 classes",
    ),
    "classes of another": (
        *("dermamnist", lambda: small(channels=3), {}),
        "must hold 3 channels and 7 classes, as DermaMNIST does, but got 3 channels and 2 classes",
    ),
    "labels of another": (
        *("pneumoniamnist", lambda: of_set("chestmnist"), {}),
        "as PneumoniaMNIST does, but got 1 channel and 14 labels an image",
    ),
    "label 2": ("pneumoniamnist", lambda: small(classes=3), {}, "1 channel and 2 classes, .* 1 channel and 3 classes"),
    "no classes": (
        *("x", lambda: {**small(), "val_labels": np.array([0, 1, 0, 1, 0, 10**12])}, {}),
        "labels must lie in 0 to 255, but got up to 1000000000000",
    ),
    "volumes": (
        *("nodulemnist3d", lambda: {**small(), "train_images": np.zeros((6, 28, 28, 28), np.uint8)}, {}),
        r"of a 2D set, but got \(6, 28, 28, 28\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_said_of_a_file_and_does_not_fit_it_is_refused_in_one_line(case: str, tmp_path: Path):
    name, arrays, given, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as raised:
        read(written(tmp_path, f"{name}.npz", arrays()), **given)
    assert "\n" not in str(raised.value)


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
    fetched = {"name": "pneumoniamnist", "classes": None, "positive": None, "label": None, "cache": str(tmp_path)}
    dataset = medmnist(path=None, url="http://here/file", md5=md5, **fetched)
    medmnist(path=None, url=None, md5=None, **fetched)
    official = "https://zenodo.org/records/10519652/files/pneumoniamnist.npz?download=1"
    assert asked == [
        ("http://here/file", tmp_path / "pneumoniamnist.npz", md5),
        (official, tmp_path / "pneumoniamnist.npz", "28209eda62fecd6e6a2d98b1501bb15f"),
    ]
    assert len(dataset.train) == 6


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
