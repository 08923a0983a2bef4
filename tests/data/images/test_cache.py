"""What is kept of decoded images: by content, whole or not at all."""

import os
import shutil
import threading

import pytest

from src.data.images import cache, decoder, known, process
from src.data.images.decode import decode
from tests.data.images.pictures import SECRETS, dicom, encoded, folder_of, noise, save
from tests.data.images.reading import equal, parts, read


@pytest.fixture
def kept(tmp_path):
    """A folder that has been read once; reading it again opens no image."""
    root = folder_of(tmp_path / "films", per_class=8)
    return root, tmp_path / "cache", read(root, tmp_path / "cache")


@pytest.fixture
def opened(monkeypatch):
    """The files that are read from now on."""
    names, real = [], known.read_file
    monkeypatch.setattr(decoder, "read_file", lambda path: (names.append(path.name), real(path))[1])
    return names


def test_the_second_start_opens_no_image(kept, opened):
    root, folder, data = kept
    assert equal(read(root, folder), data)
    assert opened == []


def test_a_file_that_changed_is_read_again(kept, opened):
    root, folder, data = kept
    path = root / "ill" / "person3_3.png"
    before, other = path.stat(), encoded(noise(12, 12, seed=99))
    assert len(other) == before.st_size
    path.write_bytes(other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # its mtime tells nothing, its ctime does
    assert read(root, folder).digest != data.digest
    assert len(opened) == 16


def test_a_copy_elsewhere_has_the_digest_and_shares_the_pixels(kept, tmp_path):
    root, folder, data = kept
    shutil.copytree(root, tmp_path / "elsewhere" / "other")
    assert equal(read(tmp_path / "elsewhere" / "other", folder), data)
    assert len(list((folder / "images").glob("*/pixels.npy"))) == 1
    assert equal(read(tmp_path / "elsewhere" / "other", tmp_path / "another"), data)


def test_the_digest_knows_pixels_labels_and_splits(kept):
    root, folder, data = kept
    digests = {data.digest}
    for change in ({"size": 5}, {"fit": "crop"}, {"channels": "rgb"}, {"split_seed": 1}, {"positive": "ill"}):
        digests.add(read(root, folder, **change).digest)
    assert len(digests) == 6
    (root / "ill" / "person1_1.png").rename(root / "well" / "person1_1.png")
    assert read(root, folder).digest not in digests


@pytest.mark.parametrize("file", ["pixels.npy", "index.json"])
@pytest.mark.parametrize("left", [0, 10, -1, None])
def test_a_damaged_cache_is_made_anew_with_a_line(kept, caplog, file, left):
    root, folder, data = kept
    (path,) = (folder / "images").glob(f"*/{file}")
    whole = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(whole[:left])
    assert equal(read(root, folder), data)
    assert "is damaged" in caplog.text
    assert path.read_bytes() == whole


@pytest.mark.parametrize("file", ["pixels.npy", "fingerprints.npz"])
def test_a_lost_block_of_a_cache_is_found(kept, caplog, file):
    root, folder, data = kept
    (path,) = (folder / "images").glob(f"*/{file}")
    whole = path.read_bytes()
    path.write_bytes(whole[:-200] + bytes(100) + whole[-100:])
    assert equal(read(root, folder), data)
    assert "made anew" in caplog.text
    assert path.read_bytes()[:-200] == whole[:-200]


def test_damaged_stats_cost_one_reading(kept, opened):
    root, folder, data = kept
    (path,) = (folder / "images").glob("*.json")
    path.write_text('{"half')
    assert equal(read(root, folder), data)
    assert len(opened) == 16


def test_what_a_killed_process_left_is_swept_away(kept, monkeypatch):
    root, folder, data = kept
    (lock,) = (folder / "images").glob("*.lock")
    part = lock.with_suffix(".part")
    part.mkdir()
    (part / "pixels.npy").write_bytes(b"half")
    save(root / "ill" / "new.png", noise(12, 12))
    assert read(root, folder).digest != data.digest
    assert not part.exists()


def test_an_interruption_leaves_no_half_cache(tmp_path, monkeypatch):
    root = folder_of(tmp_path / "films", per_class=40)

    def interrupted(data, name):
        if "well" in name:
            raise KeyboardInterrupt
        return decode(data, name)

    with monkeypatch.context() as patched:
        patched.setattr(decoder, "decode", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read(root, tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache" / "images").iterdir()] == [".lock"]
    assert len(read(root, tmp_path / "cache").train) > 0


def test_two_at_once_decode_once(tmp_path, opened):
    root, found = folder_of(tmp_path / "films", per_class=8), []
    threads = [threading.Thread(target=lambda: found.append(read(root, tmp_path / "cache"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert equal(*found)
    assert len(opened) == 16


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left on device: '.*pixels.npy'"):
        read(folder_of(tmp_path / "films"), tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache" / "images").iterdir()] == [".lock"]


def test_nothing_in_the_cache_names_a_file_or_a_patient(tmp_path):
    root = tmp_path / "films"
    for place in range(16):
        path = root / ("ill" if place % 2 else "well") / f"Mustermann-{place}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dicom(noise(9, 9, seed=place)))
    read(root, tmp_path / "cache")
    for path in (tmp_path / "cache").rglob("*"):
        text = str(path.relative_to(tmp_path)).encode() + (path.read_bytes() if path.is_file() else b"")
        assert not any(secret.encode() in text for secret in SECRETS)


def test_names_may_hold_any_bytes(kept):
    root, folder, _ = kept
    odd = os.fsdecode(b"\xff\n.png")
    (root / "ill" / "person0_0.png").rename(root / "ill" / odd)
    found, again = read(root, folder), read(root, folder)
    assert equal(found, again)
    names = [name for part in parts(found) for name in part.names]
    assert "ill/\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}.png" in names


@pytest.fixture
def processes(monkeypatch):
    """Decoding goes to other processes, as it does of many files."""
    monkeypatch.setattr(cache, "MANY", 1)


def test_processes_give_what_threads_give(kept, processes, tmp_path):
    root, _, data = kept
    assert equal(read(root, tmp_path / "again"), data)
    (root / "ill" / "broken.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="broken.png: must be one of PNG"):
        read(root, tmp_path / "again")
    assert "broken.png: must be one of PNG" in read(root, tmp_path / "again", on_error="skip").warnings[0]
    save(root / "well" / "z.png", noise(12, 12, 3))
    assert read(root, tmp_path / "again", on_error="skip").input_shape == (3, 4, 4)


def test_a_process_that_is_killed_is_one_line(kept, processes, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "PROGRAM", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ValueError, match="^data: a process that decodes images must live, but it was killed.$"):
        read(kept[0], tmp_path / "again")
