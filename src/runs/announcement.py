"""The first line that a person sees: what is to be trained, before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from src.config.schema import Run

if TYPE_CHECKING:
    from rich.console import Console

    from src.data.dataset import Dataset


def announce(run: Run, what: str | None = None) -> None:
    """Say `what` begins (None: `run` alone). In which folder is said once there is something in it."""
    model, data = (str(part["_target_"]).rpartition(".")[2] for part in (run.model, run.data))
    data = run.data.get("name") or data  # one reader reads many sets
    what = what or f"{model} on {data}, {run.epochs} epochs at most"
    print(f"{run.tracking.experiment}: {what}", flush=True)


def tell_data(console: Console) -> Callable[[Dataset], None]:
    """Say what was found in the data, each line once: what is in the columns, and what may mislead."""
    told: set[str] = set()

    def tell(dataset: Dataset) -> None:
        for line in (*dataset.description.splitlines(), *(f"warning: {line}" for line in dataset.warnings)):
            if line not in told:
                console.print(
                    line, markup=False, highlight=False, style="yellow" if line.startswith("warning") else None
                )
            told.add(line)

    return tell
