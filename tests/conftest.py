"""Where the tests find the command line and the real data."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def environment() -> dict[str, str]:
    """The environment of a command started in another folder: it finds the package, and keeps to its own MLflow store."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("MLFLOW_TRACKING_URI", "HYDRA_FULL_ERROR")
    }
    return {**kept, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}


@pytest.fixture
def door(tmp_path: Path) -> Command:
    """Run `python -m src.<door> arguments...` in an empty folder and wait for its end."""

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", f"src.{name}", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)

    return run


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the checkout; skips where it is not there."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data are not at {folder}")
    return folder
