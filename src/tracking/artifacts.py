"""The files of a run as its artifacts in MLflow."""

from pathlib import Path
from typing import Any

from src.runs.files import CHECKPOINT, IDENTITY, OWNER
from src.tracking.state import STATE

NOT_ARTIFACTS = {STATE, OWNER, CHECKPOINT, IDENTITY}


def log_folder(client: Any, run_id: str, folder: Path) -> None:
    """The run's files as its artifacts; of a sweep's member in a local store they are so where they lie."""
    if client.get_run(run_id).info.artifact_uri == folder.as_uri():
        return
    for path in sorted(folder.iterdir()):
        if path.name in NOT_ARTIFACTS or path.suffix == ".part" or path.name.startswith("."):
            continue
        if path.is_dir():
            client.log_artifacts(run_id, str(path), path.name)
        else:
            client.log_artifact(run_id, str(path))
