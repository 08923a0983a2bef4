"""Whoever names a pipe or a device as a file is told so, and nobody waits for its end."""

import os
from pathlib import Path

import pytest

from src.data.images.known import read_file
from src.data.preprocessing.arrays import Arrays
from src.data.sources.medmnist.archive import read_arrays
from src.data.tables.files import Format, read_table
from src.disk import write_text

READERS = {
    "table.csv": lambda path: read_table(path, Format()),
    "table.parquet": lambda path: read_table(path, Format()),
    "numbers.csv": lambda path: Arrays((2,)).read(path),
    "numbers.npy": lambda path: Arrays((2,)).read(path),
    "archive.npz": lambda path: read_arrays(path, ["train_images"]),
    "image.png": read_file,
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_refused(tmp_path: Path, name: str):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match="must be a plain file, but got a pipe or a device"):
        READERS[name](tmp_path / name)


def test_nothing_is_written_in_the_place_of_a_pipe(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="must be a plain file, but got a pipe or a device"):
        write_text(tmp_path / "pipe", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["numbers.csv", "numbers.npy", "numbers.parquet"])
@pytest.mark.parametrize("content", [b"", bytes(40), b"\x93NUMPY\x01", b"PAR1"])
def test_damaged_numbers_are_named(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"numbers\..*must be whole, but got|input: "):
        Arrays((2,)).read(tmp_path / name)
