"""Compiled programs are kept on disk, outside of the source tree; where that cannot be, the run does not suffer."""

import pytest

from tests import doors

CODE = """
import logging, sys
logging.basicConfig(format="%(message)s", level="WARNING", force=True)
logging.disable(logging.NOTSET)
from src.engines.native import compiled
@compiled.program
def twice(x):
    return 2 * x
print(twice(21), sum(twice.stats.cache_hits.values()))
"""


@pytest.fixture
def twice(tmp_path, monkeypatch):
    """Run it in a process, with a folder for the cache."""
    (tmp_path / "twice.py").write_text(CODE)

    def run():
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
        return doors.run("-m", "twice", cwd=tmp_path)

    return run


def test_it_is_found_again(twice):
    assert twice().stdout == "42 0\n"
    assert twice().stdout == "42 1\n"


def test_a_damaged_cache_costs_a_line(twice, tmp_path):
    twice()
    for path in (tmp_path / "cache").rglob("*.nb*"):
        path.write_bytes(b"damaged")
    found = twice()
    assert found.stdout == "42 0\n"
    assert found.stderr.startswith("what was compiled cannot be read from")
    assert len(found.stderr.splitlines()) == 1
    assert twice().stdout == "42 1\n"


def test_a_folder_that_is_a_file_costs_a_line(twice, tmp_path):
    (tmp_path / "cache").write_text("")
    found = twice()
    assert found.stdout == "42 0\n"
    assert len(found.stderr.splitlines()) == 1
