"""A multirun end to end, start-up and tracking included, on the compiled engine and one run after another.

Command: python -m benchmarks.multirun grid|small|bare|equal|refill|tracking|many
`grid`: 54 jobs, +experiment=xray over lr, batch size, dropout and seed. `small`: 500 jobs, 30-64-64-1 on breast_cancer; `bare`:
these without MLflow, whose import the basic launcher pays for every job. All print seconds of all runs together, of a part
of them with hydra/launcher=basic, which takes as long for each, and the ratio.
`equal`: the grid for 5 epochs in float64, both ways: how far the leaderboards differ.
`refill`: 64 jobs whose early stopping spreads from 5 to 50 epochs in 16 slots of a stack, against 4 stacks in lockstep.
`tracking`: `small` with MLflow and without, in turn; the store is there before, and what it costs to make is told.
`many`: 5,000 jobs like `small`, of 5 epochs: memory and seconds of a hundred jobs, at the first and at the last of them.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from src.sweep.leaderboard import FIGURES
from src.tracking.store import connect

REPOSITORY = Path(__file__).resolve().parent.parent
GRID = ["+experiment=xray", "optimizer.lr=1e-4,1e-3,1e-2", "batch_size=32,64", "model.dropout=0,0.2,0.5", "seed=0,1,2"]
NET = ["data=breast_cancer", "model.widths=[64,64]", "batch_size=32", "model.dropout=0.2", "epochs=50"]
RATES = "optimizer.lr=1e-4,2e-4,5e-4,1e-3,2e-3,5e-3,1e-2,2e-2,5e-2,1e-1"
SMALL = [*NET, "patience=null", RATES, "seed=range(50)"]
SLOTS, ROUNDS = 16, 5


def main() -> None:
    """The comparison that is asked for."""
    comparisons = {
        "grid": (GRID, "seed=0", 3),
        "small": (SMALL, "seed=range(5)", 10),
        "bare": ([*SMALL, "tracking.enabled=false"], "seed=range(5)", 10),
    }
    for name in sys.argv[1:]:
        if name in comparisons:
            compare(*comparisons[name])
        else:
            {"equal": equal, "refill": refill, "tracking": tracking, "many": many}[name]()


def compare(jobs: list[str], seeds: str, parts: int) -> None:
    """Both launchers, each in an empty folder; the basic one on those of `seeds`, one of so many `parts`."""
    with tempfile.TemporaryDirectory() as together, tempfile.TemporaryDirectory() as alone:
        seconds, _ = multirun(together, *jobs)
        some = [text for text in jobs if not text.startswith("seed=")]
        basic, _ = multirun(alone, *some, seeds, "hydra/launcher=basic")
    ratio = parts * basic / seconds
    print(f"together {seconds:.0f} s, 1/{parts} of them by basic {basic:.0f} s: {ratio:.1f} times as fast", flush=True)


def equal() -> None:
    """The leaderboards of both launchers."""
    jobs = [*GRID, "epochs=5", "trainer.precision=64-true"]
    with tempfile.TemporaryDirectory() as together, tempfile.TemporaryDirectory() as alone:
        multirun(together, *jobs)
        multirun(alone, *jobs, "hydra/launcher=basic")
        boards = [leaderboard(folder) for folder in (together, alone)]
    keys = [name for name in boards[0].columns if name not in ("rank", *FIGURES)]
    both = boards[0].merge(boards[1], on=keys, suffixes=("", "_basic"), validate="one_to_one")
    gaps = (both["mean"] - both["mean_basic"]).abs()
    print(
        f"{len(both)} of {len(boards[1])} rows; ranks that differ: {(both['rank'] != both['rank_basic']).sum()}; "
        f"means differ by {gaps.median():.1e} at the median and {gaps.max():.1e} at most; sd over seeds {both['sd'].median():.1e}"
    )


def refill() -> None:
    """Slot use of one stack that is refilled, and what stacks in lockstep would have had."""
    rates = ",".join(f"{rate:.3g}" for rate in np.geomspace(2e-4, 0.05, 16))
    with tempfile.TemporaryDirectory() as folder:
        jobs = [
            *NET,
            "patience=4",
            f"optimizer.lr={rates}",
            "seed=range(4)",
            "engine=stacked",
            f"hydra.launcher.slots={SLOTS}",
        ]
        seconds, said = multirun(folder, *jobs)
        paths = sorted(Path(folder).glob("mlruns/sweeps/*/*/history.csv"), key=lambda path: int(path.parent.name))
        epochs = np.array([len(pd.read_csv(path)) for path in paths])
    lockstep = epochs.sum() / (epochs.reshape(-1, SLOTS).max(1).sum() * SLOTS)
    used = re.search(r"slot use ([\d.]+) %", said)
    assert used is not None, said
    print(f"{len(epochs)} jobs of {epochs.min()} to {epochs.max()} epochs, {epochs.sum()} in all, {seconds:.0f} s")
    print(f"slot use {used[1]} % refilled, {100 * lockstep:.1f} % in lockstep")


def tracking() -> None:
    """What MLflow adds."""
    seconds: dict[str, list[float]] = {"true": [], "false": []}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        connect(f"sqlite:///{folder}/mlruns/mlflow.db")
        print(f"import of MLflow and a new store: {time.perf_counter() - started:.1f} s")
        for _ in range(ROUNDS):
            for enabled, values in seconds.items():
                keys = [f"tracking.enabled={enabled}", "hydra.launcher.resume=fresh"]
                values.append(multirun(folder, *SMALL, *keys)[0])
    with_it, without = (statistics.median(values) for values in seconds.values())
    shares = [100 * (1 - bare / full) for full, bare in zip(*seconds.values(), strict=True)]
    print(f"with MLflow {with_it:.1f} s, without {without:.1f} s: {statistics.median(shares):.1f} % of the wall time")
    print("rounds:", ", ".join(f"{share:.1f} %" for share in shares))


def many() -> None:
    """What a hundred jobs take, and what memory, while thousands pass."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = [*NET, "epochs=5", "patience=null", "seed=range(5000)", "tracking.enabled=false"]
        jobs.remove("epochs=50")
        command = [sys.executable, "-m", "src.train", "-m", *jobs]
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL)
        memory = dict[float, int]()
        while process.poll() is None:
            memory[time.time()] = psutil.Process(process.pid).memory_info().rss
            time.sleep(0.5)
        assert process.returncode == 0
        ends = sorted(path.stat().st_mtime for path in Path(folder).glob("mlruns/sweeps/*/*/results.json"))
    for first in (0, 1000, 2500, len(ends) - 101):
        held = next(value for moment, value in memory.items() if moment >= ends[first + 100])
        print(f"jobs {first} to {first + 100}: {ends[first + 100] - ends[first]:.2f} s, {held / 2**20:.0f} MiB")


def multirun(folder: str, *arguments: str) -> tuple[float, str]:
    """Seconds of a multirun in `folder`, and what it said."""
    command = [sys.executable, "-m", "src.train", "-m", *arguments]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stdout


def environment() -> dict[str, str]:
    """That of this process, with the package in reach and MLflow in the folder."""
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}


def leaderboard(folder: str) -> pd.DataFrame:
    """That of the one sweep in `folder`."""
    (path,) = Path(folder).glob("mlruns/sweeps/*/leaderboard.csv")
    return pd.read_csv(path, dtype={"model.dropout": str})


if __name__ == "__main__":
    main()
