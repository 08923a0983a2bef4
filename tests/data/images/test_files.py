"""Which files are images, and which are not looked at."""

import os

from src.data.images.files import find
from tests.data.images.pictures import dicom, noise, save


def test_what_is_found_and_what_is_not(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    save(root / "a" / "deep" / "er" / "one.PNG", noise(6, 5))
    save(outside / "far.png", noise(6, 5))
    for name in ("Thumbs.db", "a/.DS_Store", "a/._one.PNG", "notes.txt", "a/README"):
        (root / name).write_text("no image")
    (root / ".git").mkdir()
    save(root / ".git" / "two.png", noise(6, 5))
    (root / "a" / "IM0001").write_bytes(dicom(noise(9, 9)))
    (root / "a" / "1.2.840.7").write_bytes(dicom(noise(9, 9)))
    (root / "DICOMDIR").write_bytes(dicom(noise(9, 9)))
    (root / "a" / "inside.png").symlink_to("deep/er/one.PNG")
    (root / "a" / "far.png").symlink_to(outside / "far.png")
    (root / "b").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(root / "pipe.png")
    found = find(root)
    assert found.names == ["a/1.2.840.7", "a/IM0001", "a/deep/er/one.PNG", "a/inside.png"]
    assert found.links == ["a/far.png", "b", "gone.png", "loop"]
    assert found.ignored == {"hidden": 2, "no suffix": 2, ".db": 1, ".txt": 1, "no plain file": 1}
