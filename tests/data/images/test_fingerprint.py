"""Fingerprints against means over cells."""

import torch

from src.data.images.fingerprint import fingerprints
from tests.data.images.pictures import noise


def test_fingerprints_know_an_image_brightened_and_not_another():
    images = torch.from_numpy(noise(6, 1, 32, 32)).float()
    images[3] = images[0] * 0.5 + 40
    images[4] = 9
    prints = fingerprints(images.to(torch.uint8))
    cells = images[0, 0].reshape(8, 4, 8, 4).mean((1, 3)).flatten()
    expected = (cells - cells.mean()) / (cells - cells.mean()).norm()
    torch.testing.assert_close(prints[0], expected, atol=1e-5, rtol=1e-4)
    likeness = prints @ prints.T
    assert prints.shape == (6, 64)
    assert float(likeness[0, 3]) > 0.99
    assert float(likeness[0, 1].abs()) < 0.5
    assert prints[4].eq(0).all()
    assert torch.equal(fingerprints(images.to(torch.uint8).numpy()), prints)


def test_fingerprints_are_the_same_in_chunks(monkeypatch):
    images = torch.from_numpy(noise(7, 3, 20, 20))
    whole = fingerprints(images)
    monkeypatch.setattr("src.data.images.fingerprint.CHUNK", 2500)
    torch.testing.assert_close(fingerprints(images), whole)
