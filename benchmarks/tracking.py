"""What MLflow costs a run: the time of 50 epochs with tracking beside without, and the costs around them on their own.

Command: python -m benchmarks.tracking data.path=FILE
The runs of benchmarks.single_run (784-128-128-1, PneumoniaMNIST), in turn with and without tracking into a new SQLite store.
Seconds of an epoch are taken from commit to commit, so whatever tracking does beside the training is in them.
"""

import os
import statistics
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
from src.single.record import Record
from src.single.run import build_data, build_learner
from src.single.trainer import fit

ROUNDS, EPOCHS = 4, 50
KEYS = ("data=pneumoniamnist", "model.widths=[128,128]", "model.dropout=0.2", f"epochs={EPOCHS + 1}", "patience=null")


def main() -> None:
    """Print the medians over rounds and the share that tracking adds."""
    seconds: dict[str, list[float]] = {"false": [], "true": []}
    paths = [f"data.path={Path(text.removeprefix('data.path=')).resolve()}" for text in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in range(ROUNDS):
            for enabled in seconds:
                run = compose_run(*KEYS, f"tracking.enabled={enabled}", *paths)
                seconds[enabled].append(timed(run, read_dataset(run.data), Path(f"mlruns/runs/{number}-{enabled}")))
    off, on = (statistics.median(seconds[enabled]) for enabled in ("false", "true"))
    print(f"{EPOCHS} epochs: {off:.2f} s without tracking, {on:.2f} s with it: {100 * (on / off - 1):+.1f} %")
    print("each round: " + ", ".join(f"{100 * (b / a - 1):+.1f} %" for a, b in zip(*seconds.values(), strict=True)))


def timed(run: Run, dataset: Dataset, folder: Path) -> float:
    """Seconds from the first commit to the last."""
    folder.mkdir(parents=True)
    marks: list[float] = []
    record = Record(run, folder)
    with record:
        data = build_data(run, dataset)
        record.start(dataset)

        def commit() -> None:
            record.commit()
            marks.append(time.perf_counter())

        fit(run, build_learner(run, data), data, folder, console=Console(quiet=True), on_commit=commit)
        record.finish({"status": "FINISHED", "stop_reason": "epochs"})
    if record.mirror is not None:
        print(
            "tracking, seconds: " + ", ".join(f"{name} {spent:.2f}" for name, spent in record.mirror.seconds_.items())
        )
    return float(np.diff(marks).sum())


if __name__ == "__main__":
    main()
