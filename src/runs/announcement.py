"""The first line that a person sees: what is to be trained, and where, before anything heavy is imported."""

import os
from pathlib import Path

from src.config.schema import Run


def announce(run: Run, folder: Path, what: str | None = None) -> None:
    """Say `what` begins (None: `run` alone) and in which folder."""
    model, data = (str(part["_target_"]).rpartition(".")[2] for part in (run.model, run.data))
    data = run.data.get("name") or data  # one reader reads many sets
    what = what or f"{model} on {data}, {run.epochs} epochs at most"
    print(f"{run.tracking.experiment}: {what}, in {os.path.relpath(folder)}", flush=True)
