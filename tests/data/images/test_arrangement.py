"""Pixels of more than memory: in the order of each split, on disk."""

import numpy as np
import torch

from src.data.images import arrangement
from src.data.images.arrangement import arranged
from tests.data.images.pictures import folder_of, noise
from tests.data.images.reading import equal, read


def test_large_data_stay_on_disk_in_the_order_of_each_split(tmp_path, monkeypatch):
    root, folder = folder_of(tmp_path / "films", per_class=8), tmp_path / "cache"
    data = read(root, folder)
    monkeypatch.setattr(arrangement, "HELD", 0)
    for _ in range(2):
        mapped = read(root, folder)
        assert equal(mapped, data)
    assert len([path for path in (folder / "images").glob("*/*.npy") if path.stem != "fingerprints"]) == 2


def test_splits_that_follow_one_another_are_not_copied(tmp_path, monkeypatch):
    root = folder_of(tmp_path / "films", splits=("test", "train", "val"))
    data = read(root, tmp_path / "cache")
    monkeypatch.setattr(arrangement, "HELD", 0)
    assert equal(read(root, tmp_path / "cache"), data)
    assert len([path for path in (tmp_path / "cache" / "images").glob("*/*.npy") if path.stem != "fingerprints"]) == 1


def test_arranged_rows_are_those_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(arrangement, "HELD", 0)
    monkeypatch.setattr(arrangement, "CHUNK", 50)
    pixels = noise(20, 1, 3, 3)
    rows = {"train": torch.tensor([0, 2, 3, 19]), "val": torch.tensor([7, 9]), "test": torch.tensor([1])}
    for part, found in arranged(pixels, rows, tmp_path).items():
        np.testing.assert_array_equal(found.numpy(), pixels[rows[part].numpy()])
