"""The folders that runs leave under `mlruns/`."""

import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path

from src.disk import DamagedError
from src.runs.files import CONFIG, STATE, read_json

log = logging.getLogger(__name__)

ROOT = Path("mlruns")


def new_name() -> str:
    """`<UTC time>-<8 hex>`: sorts by time, and two runs of one second do not meet."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def run_folders(root: Path = ROOT) -> list[Path]:
    """Every folder of a run under `root`, oldest name first: single runs, then the members of sweeps."""
    return [
        path.parent for pattern in ("runs/*", "sweeps/*/[0-9]*") for path in sorted(root.glob(f"{pattern}/{CONFIG}"))
    ]


def label(folder: Path) -> str:
    """How a run is called: its folder's name, in a sweep `<sweep>/<number>`."""
    folder = folder.resolve()
    return f"{folder.parent.name}/{folder.name}" if in_sweep(folder) else folder.name


def in_sweep(folder: Path) -> bool:
    """Whether the run in `folder` is a member of a sweep."""
    return folder.resolve().parent.parent.name == "sweeps"


def find(run: str, root: Path = ROOT, *, key: str = "run") -> Path:
    """The folder of a run, by its name, its path or its MLflow id; ValueError, naming `key`, if there is none."""
    for folder in (Path(run), root / "runs" / run, root / "sweeps" / run):
        if run and (folder / CONFIG).is_file():
            return folder
    for folder in run_folders(root):
        if run in (label(folder), _mlflow_id(folder)):
            return folder
    raise ValueError(f"{key}: must be the folder name or the MLflow id of a run under {root}/, but got {run!r}.")


def _mlflow_id(folder: Path) -> str | None:
    try:
        return read_json(folder / STATE).get("run_id")
    except DamagedError as error:
        log.warning("%s", error)
        return None
