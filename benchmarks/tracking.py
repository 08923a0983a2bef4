"""What MLflow costs a run: whole commands with tracking beside without, and the seconds of their epochs.

Command: python -m benchmarks.tracking data.path=FILE
The runs of benchmarks.single_run (784-128-128-1, PneumoniaMNIST, 50 epochs), in turn; the store is there before. The
model to serve is not kept: to save it costs the same, tracked or not.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from src import runs
from src.tracking.store import connect

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS, EPOCHS = 8, 50
KEYS = ("data=pneumoniamnist", "model.widths=[128,128]", "model.dropout=0.2", f"epochs={EPOCHS}", "patience=null")


def main() -> None:
    """Print the medians over rounds, and what tracking adds to the command and to its epochs."""
    costs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    paths = [f"data.path={Path(text.removeprefix('data.path=')).resolve()}" for text in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        connect(f"sqlite:///{folder}/mlruns/mlflow.db")
        for number in range(ROUNDS):
            for tracked in (False, True) if number % 2 else (True, False):  # whoever comes first gains nothing by it
                costs[tracked].append(timed(folder, tracked, *paths))
    for place, name in enumerate(("command", "epochs")):
        without, with_it = ([round[place] for round in costs[tracked]] for tracked in (False, True))
        added = [tracked - untracked for untracked, tracked in zip(without, with_it, strict=True)]
        print(
            f"{name}: {statistics.median(without):.2f} s without tracking, {statistics.median(with_it):.2f} s with it: "
            f"{statistics.median(added):+.2f} s (rounds: {', '.join(f'{seconds:+.2f}' for seconds in added)})"
        )


def timed(folder: Path, tracked: bool, *paths: str) -> tuple[float, float]:
    """Seconds of the command, and of its epochs."""
    settings = [f"tracking.enabled={str(tracked).lower()}", "tracking.save_model=false"]
    command = [sys.executable, "-m", "src.train", *KEYS, *settings, *paths]
    started = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, check=True
    )
    seconds = time.perf_counter() - started
    (newest,) = sorted((folder / "mlruns" / "runs").iterdir())[-1:]
    return seconds, sum(row["epoch_seconds"] for row in runs.read_history(newest))


if __name__ == "__main__":
    main()
