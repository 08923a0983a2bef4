"""What MLflow costs a run: the time of 50 epochs with tracking beside without, and the costs around them on their own.

Command: python -m benchmarks.tracking data.path=FILE
The runs of benchmarks.single_run (784-128-128-1, PneumoniaMNIST), in turn with and without tracking into a new SQLite store.
Seconds of an epoch are taken from commit to commit, so whatever tracking does beside the training is in them.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.single.engine import build_data, build_learner
from src.engines.single.trainer import fit
from src.runs.progress import Progress
from src.runs.record import Record

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
                costs[enabled].append(timed(run, read_dataset(run.data), Path(f"mlruns/runs/{number}-{enabled}")))
    off, on = np.array(costs[False]), np.array(costs[True])  # (rounds, 2)
    for name, without, with_it in zip(("clock", "processors"), off.T, on.T, strict=True):
        low, middle, high = 100 * (np.quantile(with_it / without, (0.25, 0.5, 0.75)) - 1)
        print(
            f"{name}: {EPOCHS} epochs {np.median(without):.2f} s without tracking, {np.median(with_it):.2f} s with it; "
            f"rounds: median {middle:+.1f} %, middle half {low:+.1f} to {high:+.1f} %"
        )


def timed(run: Run, dataset: Dataset, folder: Path) -> np.ndarray:
    """Seconds from the first commit to the last: of the clock, and of the processors over all threads."""
    folder.mkdir(parents=True)
    marks: list[tuple[float, float]] = []
    record = Record(run, folder)
    with record:
        data = build_data(run, dataset)
        record.start(dataset)

        def commit(progress: Progress) -> None:
            record.commit()
            marks.append((time.perf_counter(), time.process_time()))

        fit(run, build_learner(run, data), data, folder, console=Console(quiet=True), on_commit=commit)
        record.finish({"status": "FINISHED", "stop_reason": "epochs"})
    if record.mirror is not None:
        # Sending goes on beside the training: at worst it delays it by all of its seconds.
        share = 100 * record.mirror.seconds_["send"] / (marks[-1][0] - marks[0][0])
        print(
            "tracking, seconds: "
            + ", ".join(f"{name} {spent:.2f}" for name, spent in record.mirror.seconds_.items())
            + f"; send is {share:.1f} % of the epochs"
        )
    return np.subtract(marks[-1], marks[0])


if __name__ == "__main__":
    main()
