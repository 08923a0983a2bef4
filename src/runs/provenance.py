"""Where a number comes from: commit, versions, device, threads."""

import platform
import subprocess
from functools import cache
from importlib.metadata import distributions, version
from pathlib import Path

MADE = ("experiments/results", "experiments/README.md")  # what claims write: it makes no number
LIBRARIES = ("torch", "pytorch-lightning", "hydra-core", "mlflow", "numpy", "pandas", "scikit-learn")


def versions() -> dict[str, str]:
    """Of the libraries that a number may hang on."""
    return {library: version(library) for library in LIBRARIES}


@cache
def provenance(device: str) -> dict[str, str]:
    """Flat names and values that a run is tagged with; `device` as torch calls it."""
    import torch

    commit, dirty = git_state(Path(__file__).parent)
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


def git_state(folder: Path) -> tuple[str, str]:
    """The commit of the repository that `folder` lies in, and whether others than claims' results changed since."""
    others = [":(top)", *(f":(top,exclude){name}" for name in MADE)]
    try:
        commit, changed = (
            subprocess.run(["git", *command], capture_output=True, text=True, check=True, cwd=folder).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", *others])
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown", "unknown"
    return commit, str(bool(changed)).lower()
