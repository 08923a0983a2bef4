"""The reader of MedMNIST: what it gives of which set."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from src.data import download as module
from src.data.reading import read_dataset
from src.data.sources.medmnist import medmnist, sets
from src.data.sources.medmnist.content import PARTS, SIZES
from src.data.sources.medmnist.sets import SETS
from tests.data.medmnist_files import Arrays, of_set, packed, read, small, written
from tests.doors import REPOSITORY


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
