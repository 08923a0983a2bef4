"""Folders that were deleted, or lack what Hydra leaves there: a sweep or a search goes on, and nothing is doubled."""

import re
import shutil
from pathlib import Path

import pytest

from src import runs
from src.runs.results import Results
from tests import doors
from tests.hostile.rule import assert_refused

SEARCH = ("-m", "+experiment=smoke", "+search=quick", "epochs=2", "hydra.sweeper.retrain=0")
QUIET = ("tracking.enabled=false", "hydra.output_subdir=null")


def search(folder: Path, trials: int) -> str:
    done = doors.run("-m", "src.train", *SEARCH, *QUIET, f"hydra.sweeper.n_trials={trials}", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a search has ended."""
    search(folder := tmp_path_factory.mktemp("searched"), 3)
    return folder


@pytest.fixture
def here(tmp_path: Path, searched: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(searched, tmp_path / "here"))


def test_a_search_goes_on_without_its_best_folder_and_without_hydras_files(here: Path):
    folder = here / "mlruns" / "sweeps" / "smoke-quick"
    experiment = folder / "experiment" / "best.yaml"
    found = re.search(r"trial (\d+), ", before := experiment.read_text())
    assert found is not None
    assert not list(folder.glob("*/.hydra"))
    shutil.rmtree(folder / found[1])
    search(here, 3)
    assert experiment.read_text() == before
    assert not (folder / found[1]).exists()


def test_a_search_goes_on_beside_damaged_runs(here: Path):
    folder = here / "mlruns" / "sweeps" / "smoke-quick"
    (folder / "0" / runs.RESULTS).write_text("")
    (folder / "1" / runs.CONFIG).write_text("seed: 0\n")
    told = search(here, 4)
    for file in (folder / "0" / runs.RESULTS, folder / "1" / runs.CONFIG):
        assert f"{file.relative_to(here)}: must be whole, but got " in told
    assert Results.read(folder / "3") is not None
    assert len((folder / "leaderboard.csv").read_text().splitlines()) == 3
    assert "Traceback" not in told


GONE = """
import os, sys
os.rmdir(os.getcwd())
sys.argv[1:] = ["+experiment=smoke", "tracking.enabled=false"]
from src.train import main
main()
"""


def test_a_deleted_working_directory_is_told_as_such(tmp_path: Path):
    (tmp_path / "gone").mkdir()
    done = doors.run("-c", GONE, cwd=tmp_path / "gone")
    assert_refused(done.returncode, done.stderr, "working directory")
