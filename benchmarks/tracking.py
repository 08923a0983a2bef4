"""What MLflow costs a run: the time of 50 epochs with tracking beside without, and the costs around them on their own.

Command: python -m benchmarks.tracking data.path=FILE
The runs of benchmarks.single_run (784-128-128-1, PneumoniaMNIST), in turn with and without tracking into a new SQLite store.
Seconds of an epoch are taken from commit to commit, so whatever tracking does beside the training is in them.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console

from src import tracking
from src.config.composition import compose_run
from src.config.schema import Run
from src.engines.dispatch import Dispatch
from src.runs.job import Job
from src.runs.outcome import Outcome
from src.runs.stop_reason import RunStatus
from src.sweep.one import jobs
from src.sweep.recording import recording

ROUNDS, EPOCHS = 8, 50
KEYS = ("data=pneumoniamnist", "model.widths=[128,128]", "model.dropout=0.2", f"epochs={EPOCHS + 1}", "patience=null")


def main() -> None:
    """Print the medians over rounds and the share that tracking adds, of the clock and of the processors' time."""
    costs: dict[bool, list[np.ndarray]] = {False: [], True: []}
    paths = [f"data.path={Path(text.removeprefix('data.path=')).resolve()}" for text in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in range(ROUNDS):
            for enabled in (False, True) if number % 2 else (True, False):  # whoever comes first gains nothing by it
                run = compose_run(*KEYS, f"tracking.enabled={str(enabled).lower()}", *paths)
                costs[enabled].append(timed(run, Path(f"mlruns/runs/{number}-{enabled}")))
    off, on = np.array(costs[False]), np.array(costs[True])  # (rounds, 2)
    for name, without, with_it in zip(("clock", "processors"), off.T, on.T, strict=True):
        low, middle, high = 100 * (np.quantile(with_it / without, (0.25, 0.5, 0.75)) - 1)
        print(
            f"{name}: {EPOCHS} epochs {np.median(without):.2f} s without tracking, {np.median(with_it):.2f} s with it; "
            f"rounds: median {middle:+.1f} %, middle half {low:+.1f} to {high:+.1f} %"
        )


class Marks:
    """A listener: the clock, and the processors' time over all threads, at each epoch."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """What comes before the first epoch does not count."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))

    def end(self, job: Job, outcome: Outcome) -> None:
        """Nor what comes after the last."""


def timed(run: Run, folder: Path) -> np.ndarray:
    """Seconds from the first epoch to the last: of the clock, and of the processors over all threads of the training."""
    marks, console = Marks(), Console(quiet=True)
    with tracking.open(run.tracking.enabled) as tracker:
        with recording(folder, run.tracking, tracker, console) as around:
            Dispatch(jobs(Job(0, run, folder)), [*around.listeners, marks], console=console).train()
        tracker.finish(RunStatus.FINISHED)
    return np.subtract(marks.marks[-1], marks.marks[0])


if __name__ == "__main__":
    main()
