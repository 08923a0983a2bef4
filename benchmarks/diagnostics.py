"""What a look into the layers adds to an epoch, by engine.

Command: python -m benchmarks.diagnostics data.path=FILE     FILE: a copy of pneumoniamnist.npz
784-128-128-1 on PneumoniaMNIST, batches of 64, and 30-64-64-1 on breast_cancer, batches of 32: milliseconds of a member's epoch
without and with `diagnostics=true`, in turn, medians over rounds.
"""

import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from src.config.composition import compose_run
from src.engines.dispatch import Dispatch
from src.runs.job import Job, Jobs
from src.runs.outcome import Outcome

ROUNDS, SEEDS = 5, 4
COMMON = ("patience=null", "model.dropout=0.2", "trainer.accelerator=cpu")
SHAPES = {
    "784-128-128-1": ("data=pneumoniamnist", "model.widths=[128,128]", "batch_size=64", "epochs=4"),
    "30-64-64-1": ("data=breast_cancer", "model.widths=[64,64]", "batch_size=32", "epochs=30"),
}


class Seconds:
    """A listener that keeps what epochs took, less each job's first."""

    def __init__(self) -> None:
        self.epochs: list[float] = []

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """Nothing is timed of it."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """One more."""
        if row["epoch"] > 1:
            self.epochs.append(row["epoch_seconds"])

    def end(self, job: Job, outcome: Outcome) -> None:
        """Nothing is timed of it."""
        assert "error" not in vars(outcome), outcome


def main() -> None:
    """The table."""
    print("| | engine | without | with | added |\n|---|---|---|---|---|")
    for shape, keys in SHAPES.items():
        own = sys.argv[1:] if "data=pneumoniamnist" in keys else []
        for engine in ("single", "native", "stacked"):
            times: dict[str, list[float]] = {"false": [], "true": []}
            for _ in range(ROUNDS):
                for given, values in times.items():
                    values.append(seconds(engine, f"diagnostics={given}", *COMMON, *keys, *own))
            without, with_it = (1000 * statistics.median(values) for values in times.values())
            added = statistics.median(b / a - 1 for a, b in zip(*times.values(), strict=True))
            print(f"| {shape} | {engine} | {without:.2f} ms | {with_it:.2f} ms | {100 * added:.1f} % |", flush=True)


def seconds(engine: str, *keys: str) -> float:
    """Of a member's epoch, the median."""
    heard: Any = Seconds()
    runs = [compose_run(f"engine={engine}", *keys, f"seed={seed}") for seed in range(SEEDS)]
    with tempfile.TemporaryDirectory() as folder:
        jobs = [Job(number, run, Path(folder) / str(number)) for number, run in enumerate(runs)]
        Dispatch(Jobs(jobs, lambda job: 0), [heard], console=Console(quiet=True)).train()
    return statistics.median(heard.epochs)


if __name__ == "__main__":
    main()
