"""Files of configuration in a folder of the user's own: what cannot be read is one line with the file's name."""

from pathlib import Path

import pytest

from tests import doors
from tests.hostile.rule import assert_refused, unchanged

GLOBAL = b"# @package _global_\n"
UNREADABLE = {
    "tabs": (GLOBAL + b"model:\n\twidths: [4]\n", "found character '\\t' that cannot start any token, line 3"),
    "twice": (GLOBAL + b"seed: 3\nseed: 4\n", "found duplicate key seed, line 3"),
    "open": (b"a: [1\n", "line 2"),
    "code": (b"x: !!python/object/apply:os.system ['touch made']\n", "could not determine a constructor"),
    "latin": ("tracking:\n  experiment: M\xfcll\n".encode("latin-1"), "'utf-8' codec can't decode"),
    "wide": ("seed: 3\n".encode("utf-16"), "'utf-8' codec can't decode"),
    "zero": (b"seed: 3\n\0", "special characters are not allowed"),
    "circle": (GLOBAL + b"model: &a\n  widths: *a\n", "must be a file of YAML in UTF-8"),
    "itself": (b"defaults:\n  - itself\n", "experiment/itself: must not name itself among its defaults"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str):
    content, told = UNREADABLE[name]
    done = refused(tmp_path, name, content, f"experiment/{name}")
    assert told in done


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + GLOBAL + b"seed: 3\n", b"seed: 3\n"])
def test_a_file_that_misses_its_group_says_what_it_must_begin_with(tmp_path: Path, content: bytes):
    assert "must begin with the line `# @package _global_`" in refused(tmp_path, "mine", content, "experiment")


def refused(folder: Path, name: str, content: bytes, about: str) -> str:
    place = folder / "own" / "experiment"
    place.mkdir(parents=True)
    (place / f"{name}.yaml").write_bytes(content)
    with unchanged(folder):
        done = doors.run("-m", "src.train", "--config-dir", "own", f"+experiment={name}", "data=moons", cwd=folder)
    assert_refused(done.returncode, done.stderr, about)
    return done.stderr


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    done = doors.run("-m", "src.train", "--config-dir", "nowhere", "data=moons", cwd=tmp_path)
    assert_refused(done.returncode, done.stderr, "--config-dir: must be a folder")
