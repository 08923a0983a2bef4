"""Where a number comes from: commit, versions, device, threads."""

import platform
import subprocess
from functools import cache
from importlib.metadata import distributions, version
from pathlib import Path

LIBRARIES = ("torch", "pytorch-lightning", "hydra-core", "mlflow", "numpy", "pandas", "scikit-learn")


def versions() -> dict[str, str]:
    """Of the libraries that a number may hang on."""
    return {library: version(library) for library in LIBRARIES}


@cache
def provenance(device: str) -> dict[str, str]:
    """Flat names and values that a run is tagged with; `device` as torch calls it."""
    import torch

    commit, dirty = _git()
    return {
        "git_commit": commit,
        "git_dirty": dirty,
        "python": platform.python_version(),
        **versions(),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else f"cpu ({platform.machine()})",
        "num_threads": str(torch.get_num_threads()),
        "host": platform.node(),
    }


def environment() -> str:
    """Every installed distribution with its version, one a line, as `pip freeze` prints them."""
    return (
        "\n".join(sorted({f"{found.metadata['Name']}=={found.version}" for found in distributions()}, key=str.lower))
        + "\n"
    )


def _git() -> tuple[str, str]:
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=here
        ).stdout.strip()
        status = subprocess.run(
            ["git", "status", "--porcelain"], capture_output=True, text=True, check=True, cwd=here
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown", "unknown"
    return commit, str(bool(status)).lower()
