"""The files of a run as its artifacts in MLflow.

They are copies, whatever that costs: `mlflow gc` erases what a deleted run has as artifacts, and MLflow writes into them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from src.runs.files import CHECKPOINT, IDENTITY, OWNER, STATE

NOT_ARTIFACTS = {STATE, OWNER, CHECKPOINT, IDENTITY}


def log_folder(client: Any, run_id: str, folder: Path, location: str | None = None) -> None:
    """The run's files as its artifacts at `location`, which MLflow is asked for if it is not given."""
    location = location or str(client.get_run(run_id).info.artifact_uri)
    if location.startswith("file:"):  # at once, where MLflow would ask its store again for each
        _copy(folder, Path(unquote(urlsplit(location).path)))
        return
    for path in artifacts_of(folder):
        if path.is_dir():
            client.log_artifacts(run_id, str(path), path.name)
        else:
            client.log_artifact(run_id, str(path))


def _copy(folder: Path, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for path in artifacts_of(folder):
        if path.is_dir():
            shutil.copytree(path, place / path.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, place / path.name)


def artifacts_of(folder: Path) -> Iterator[Path]:
    """The files and folders in a run's folder that are its artifacts, by name."""
    for path in sorted(folder.iterdir()):
        if path.name not in NOT_ARTIFACTS and path.suffix != ".part" and not path.name.startswith("."):
            yield path
