"""What it takes to ask all that was recorded, from the folders alone.

Command: python -m benchmarks.records [runs=10000] [rounds=5]
A sweep of a hundred small runs is trained and copied as often as it takes; then the best of them are asked for. Medians of
seconds by the clock, of the command with the start of Python, beside those of a program that only imports pandas.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from src import lab
from src.runs.folder import ROOT

OF_A_SWEEP = 100
WHERE, BEST = "val_accuracy > 0.5", "-val_accuracy"
REPOSITORY = Path(__file__).parents[1]


def main() -> None:
    """Make them, ask."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count, rounds = int(given.get("runs", 10_000)), int(given.get("rounds", 5))
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        make(count)
        asked: dict[str, Callable[[], object]] = {
            "python -m src.runs": lambda: command("-m", "src.runs", WHERE, f"--sort={BEST}"),
            "import pandas": lambda: command("-c", "import pandas"),
            "lab.runs": lambda: lab.runs(WHERE, sort=BEST),
        }
        print(f"{len(lab.runs()):,} runs, {rounds} rounds")
        for name, ask in asked.items():
            print(f"{name}: {statistics.median(seconds(ask) for _ in range(rounds)):.2f} s", flush=True)


def make(count: int) -> None:
    """So many runs under `mlruns/sweeps`."""
    keys = {"data": "moons", "epochs": 5, "widths": [[4]], "tracking.enabled": False}
    made = lab.sweep(keys, seed=range(OF_A_SWEEP // 4), lr=[1e-3, 1e-2, 0.1, 1.0]).folder
    for number in range(1, count // OF_A_SWEEP):
        shutil.copytree(made, ROOT / "sweeps" / f"{made.name}-{number}")


def command(*words: str) -> None:
    """As a person types it."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)


def seconds(ask: Callable[[], object]) -> float:
    """Of one answer."""
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
