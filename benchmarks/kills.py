"""Runs, grids and searches killed at random moments (SIGKILL) and started again by the same command, beside what nothing kills.

Command: python -m benchmarks.kills kills=300            seed=0 draws the moments; tracking=false leaves MLflow out
Every second one of a run or a grid falls on the next commit that is seen, the others on any moment.
After each start that came to its end everything that was recorded is compared: is a run missing or there twice, is one left
RUNNING in MLflow, is a number of a history or of results another one, to the last bit. Exit code 1 if so.
"""

import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from src import runs
from src.engines.native.compilation import make_ready
from src.runs.results import Results
from tests import doors

# Commits after each epoch and not each 10 s: so that a grid of seconds has some.
DOOR = """
from src.engines import commits
commits.SECONDS, commits.SHARE = 0.0, 1e9
from src.train import main
main()
"""
SMALL = [
    "+experiment=smoke",
    "model.dropout=0.2",
    "patience=null",
    "trainer.accelerator=cpu",
    "tracking.save_model=false",
]
SEARCH = ["-m", *SMALL, "+search=quick", "epochs=2", "hydra/sweeper/sampler=random", "hydra.sweeper.pruner=null"]
TRIALS, MORE = 6, 20  # of a search; and of its control, since a trial that was killed comes again under another number
COMMANDS = {
    "run": [*SMALL, "epochs=20", "hydra.run.dir=mlruns/runs/killed"],
    "grid": ["-m", *SMALL, "epochs=10", "model.widths=[16],[12,8]", "optimizer=nadam,sgd", "seed=0,1"],
    "search": [*SEARCH, "hydra.sweeper.retrain=0"],
}
JOBS = {"run": 1, "grid": 8, "search": TRIALS}
NOT_COMPARED = ("run", "timing")

Record = tuple[list[dict[str, float]], dict[str, Any]]  # history and results, without what is timed


@dataclass
class Tally:
    """What came of the kills of one kind of command; all from `failed` on must be 0."""

    kills: int = 0
    committed: int = 0  # of these, those that found a run in training with a commit to go on from
    ends: int = 0  # commands that came to their end after kills
    compared: int = 0  # runs
    failed: int = 0  # commands that ended with an error
    lost: int = 0
    doubled: int = 0
    running: int = 0  # in MLflow
    other: int = 0  # runs with a number that the control does not have

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.failed or self.lost or self.doubled or self.running or self.other)


def main() -> None:
    """Kill, compare, print the table."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    kills, tracking = int(given.get("kills", 300)), given.get("tracking", "true") == "true"
    print("| | " + " | ".join(field.name for field in fields(Tally)) + " | s |\n|" + "---|" * (len(fields(Tally)) + 2))
    clean = True
    for place, kind in enumerate(COMMANDS):
        started = time.perf_counter()
        tally = kill(kind, kills * (place + 1) // 3 - kills * place // 3, int(given.get("seed", 0)), tracking=tracking)
        figures = " | ".join(map(str, astuple(tally)))
        print(f"| {kind} | {figures} | {time.perf_counter() - started:.0f} |", flush=True)
        clean &= tally.is_clean
    sys.exit(0 if clean else 1)


def kill(kind: str, kills: int, seed: int, *, tracking: bool) -> Tally:
    """Kill commands of one kind so often, at moments that `seed` draws, and compare each that comes to its end."""
    draw, tally = random.Random(f"{kind}-{seed}"), Tally()
    with tempfile.TemporaryDirectory(prefix="kills-") as root:
        control = made(Path(root) / "control", tracking=tracking)
        doors.run("-c", "pass", cwd=control)  # what commands are forked from is up before one is timed,
        make_ready(
            torch.float32, Console(quiet=True)
        )  # and what they train by is compiled: kills are spread over that time
        started = time.perf_counter()
        assert start(kind, control, tracking, trials=TRIALS).wait() == 0, (control / "output").read_text()
        seconds = time.perf_counter() - started
        if kind == "search":
            start(kind, control, tracking, trials=TRIALS + MORE).wait()
        expected = records(control)
        while tally.kills < kills:
            folder = made(Path(root) / str(tally.ends), tracking=tracking)
            status: int | None = None
            while tally.kills < kills and status in (None, -signal.SIGKILL):
                before = commits(folder) if tally.kills % 2 and kind != "search" else None
                status = killed(start(kind, folder, tracking), draw.uniform(0.0, seconds), folder, before)
                tally.kills += status == -signal.SIGKILL
                tally.committed += status == -signal.SIGKILL and bool(commits(folder))
            if status == -signal.SIGKILL:
                status = start(kind, folder, tracking).wait()
            tally.ends += 1
            if status != 0:
                tally.failed += 1
                print((folder / "output").read_text()[-2000:], file=sys.stderr)
            compare(kind, folder, expected, tally, tracking=tracking)
    return tally


def made(folder: Path, *, tracking: bool) -> Path:
    """A folder to train in."""
    folder.mkdir()
    return doors.with_store(folder) if tracking else folder


def start(kind: str, folder: Path, tracking: bool, trials: int = TRIALS) -> doors.Started:
    """The command, with what it says in `folder`/output."""
    more = [f"hydra.sweeper.n_trials={trials}"] if kind == "search" else []
    keys = [*COMMANDS[kind], *more, f"tracking.enabled={str(tracking).lower()}"]
    return doors.start("-c", DOOR, *keys, cwd=folder, output=folder / "output")


def commits(folder: Path) -> set[tuple[Path, int]]:
    """What runs in it have to go on from, each with the time of its writing."""
    found = set()
    for path in folder.rglob("*.ckpt"):
        with suppress(FileNotFoundError):
            found.add((path, path.stat().st_mtime_ns))
    return found


def killed(process: doors.Started, seconds: float, folder: Path, before: set[tuple[Path, int]] | None) -> int:
    """Kill it after so long, or given the commits `before`, at the next; its exit status, that of its end if it was faster."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and (time.monotonic() < deadline if before is None else commits(folder) <= before):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def compare(kind: str, folder: Path, expected: Mapping[str, Record], tally: Tally, *, tracking: bool) -> None:
    """Count what is not as it is to be, once the command has come to its end."""
    found, ended = records(folder), len(list(ended_in(folder)))
    tally.compared += len(found)
    tally.lost += max(0, JOBS[kind] - len(found))
    tally.doubled += ended - len(found) + max(0, len(found) - JOBS[kind])
    tally.other += sum(expected.get(key) != record for key, record in found.items())
    if tracking:
        running, doubled = in_mlflow(folder)
        tally.running, tally.doubled = tally.running + running, tally.doubled + doubled


def ended_in(folder: Path) -> list[Path]:
    """Runs that came to their end."""
    return [
        place
        for place in runs.run_folders(folder / "mlruns")
        if (one := Results.read(place)) and one.stop_reason.is_end
    ]


def records(folder: Path) -> dict[str, Record]:
    """What was recorded of each run that came to its end, by what decides its numbers."""
    found = {}
    for place in ended_in(folder):
        history = [
            {name: value for name, value in row.items() if name != "epoch_seconds"} for row in runs.read_history(place)
        ]
        results = {name: one for name, one in runs.read_json(place / runs.RESULTS).items() if name not in NOT_COMPARED}
        found[json.dumps(runs.read_json(place / runs.IDENTITY)["settings"], sort_keys=True)] = history, results
    return found


def in_mlflow(folder: Path) -> tuple[int, int]:
    """How many runs MLflow has as RUNNING, and how many more than folders."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    every = client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1000)
    named = [run.data.tags.get("folder") or run.data.tags.get("sweep") for run in every]
    return sum(run.info.status == "RUNNING" for run in every), len(named) - len(set(named))


if __name__ == "__main__":
    main()
