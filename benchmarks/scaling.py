"""What the driver of many workers can carry, and what workers and processes of one run gain.

Command: python -m benchmarks.scaling simulated [jobs=10000] [workers=1000] [epochs=50] [tracking=true]
`simulated`: the real driver, record, display and (with `tracking`) MLflow hear `jobs` of `epochs` from so many made-up workers,
all of which tell one model that was trained beforehand: epochs per second and memory for each tenth of the jobs, and whose
processor time it took.

Command: python -m benchmarks.scaling workers [jobs=100]
`workers`: 100 runs of 784-256-256-1 on simulated X-rays, of 10 epochs, by this process, by one worker and by two.

Command: python -m benchmarks.scaling processes [batch_size=256]
`processes`: one such run by one process with one thread, and divided among two, over gloo: samples per second of the median
epoch, the share of two times those of one that is lost, and what of an epoch two processes take to add up gradients alone.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import torch
from rich.console import Console

from src import runs
from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines.dispatch import Dispatch
from src.engines.resources import Resources
from src.engines.workers.driver import Driver
from src.engines.workers.hands import Hand
from src.engines.workers.messages import Begun, Ended, EpochDone, NextJob
from src.runs.job import Job
from src.runs.listener import Listener
from src.runs.outcome import Trained
from src.runs.stop_reason import RunStatus
from src.sweep.grid import train_grid
from src.sweep.one import jobs as source_of
from src.tracking import open as open_tracker

TENTHS = 10
NETS = ("data=phantom", "model.widths=[256,256]", "epochs=10", "patience=null")


def main() -> None:
    """What is asked for."""
    what, *given = sys.argv[1:]
    {"simulated": simulated, "workers": by_workers, "processes": by_processes}[what](
        **dict(text.split("=") for text in given)
    )


class Template:
    """A listener that keeps what one real training told."""

    def __init__(self) -> None:
        self.facts: dict[str, str] = {}
        self.rows: list[dict[str, float]] = []
        self.outcome: Trained | None = None

    def begin(self, job: Job, facts: Any) -> None:
        self.facts = dict(facts)

    def epoch(self, job: Job, row: Any) -> None:
        self.rows.append(dict(row))

    def end(self, job: Job, outcome: Any) -> None:
        self.outcome = outcome


class MadeUp:
    """So many workers that train in no time: in turn each says one thing, as the template has it."""

    def __init__(self, driver: Driver, count: int, template: Template, total: int) -> None:
        self.driver, self.template, self.total = driver, template, total
        self.hands = [Hand(f"worker {number}") for number in range(count)]
        self.ended_, self.failed_, self.used_, self.offered_ = driver.ended_, driver.failed_, 0, 0

    def train(self) -> None:
        """Until the source has no more."""
        scripts = deque(self.script(hand, place) for place, hand in enumerate(self.hands))
        before, tenth, process = time.perf_counter(), 1, psutil.Process()
        while scripts:
            script = scripts.popleft()
            if next(script, False):
                scripts.append(script)
            if len(self.ended_) >= self.total * tenth // TENTHS:
                now, memory = time.perf_counter(), process.memory_info().rss / 2**20
                rate = self.total / TENTHS * len(self.template.rows) / (now - before)
                print(f"{len(self.ended_):7} jobs  {rate:8,.0f} epochs/s  {memory:6,.0f} MiB", flush=True)
                before, tenth = now, tenth + 1

    def script(self, hand: Hand, place: int) -> Iterator[bool]:
        """What the worker at a place says; True after each thing."""
        outcome, facts = self.template.outcome, {**self.template.facts, "worker": hand.name}
        assert outcome is not None
        for _ in range(place * len(self.template.rows) // len(self.hands)):
            yield True  # so that they do not all end at once
        while (job := self.driver.take(hand, NextJob(None))) is not None:
            assert isinstance(job, Job)
            rows = (EpochDone(job.number, row) for row in self.template.rows)
            for message in (Begun(job.number, facts), *rows, Ended(job.number, replace(outcome, run=job.run))):
                self.driver.take(hand, message)
                yield True


class Simulation:
    """In the place of `Resources`: `count` workers that are made up, for `total` jobs."""

    def __init__(self, count: int, template: Template, total: int) -> None:
        self.count, self.template, self.total = count, template, total

    def check(self) -> None:
        """They are there."""

    def trainer(
        self, source: Any, listeners: Sequence[Listener], *, data: LastRead, on_snapshot: Any, **rest: Any
    ) -> MadeUp:
        """They, with the real driver."""
        driver = Driver(source, listeners, data, prunes=False, on_commit=lambda: on_snapshot(None))
        return MadeUp(driver, self.count, self.template, self.total)


def simulated(jobs: str = "10000", workers: str = "1000", epochs: str = "50", tracking: str = "true") -> None:
    """The real driver, of made-up workers."""
    run = compose_run("data=moons", f"epochs={epochs}", "patience=null", "test=false", "tracking.save_model=false")
    run = run.model_copy(update={"tracking": run.tracking.model_copy(update={"enabled": tracking == "true"})})
    data, template, quiet = LastRead(), Template(), Console(quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        first = Job(0, run, Path("template"))
        first.folder.mkdir()
        Dispatch(source_of(first, data=data), [template], console=quiet, data=data).train()
        place = Path("mlruns") / "sweeps" / "scaling"
        made = [
            Job(number, run.model_copy(update={"seed": number}), place / str(number)) for number in range(int(jobs))
        ]
        simulation = Simulation(int(workers), template, len(made))
        clocks = time.perf_counter(), time.thread_time(), time.process_time(), os.times().children_user
        with open_tracker(run.tracking.enabled) as tracker:
            train_grid(made, place, tracker, console=quiet, resources=simulation, data=data)  # type: ignore[arg-type]
            told = time.perf_counter()
            tracker.finish(RunStatus.FINISHED)
        now = time.perf_counter(), time.thread_time(), time.process_time(), os.times().children_user
        seconds, driver, process, writer = (after - before for after, before in zip(now, clocks, strict=True))
    events = len(made) * (run.epochs + 2)
    print(
        f"{len(made)} jobs of {epochs} epochs by {workers} workers in {seconds:.0f} s, {now[0] - told:.0f} of them MLflow's "
        f"last: {len(made) * run.epochs / seconds:,.0f} epochs/s, {events / seconds:,.0f} events/s; processor seconds: driver "
        f"{driver:.0f}, its other threads (record) {process - driver:.0f}, MLflow's writer {writer:.0f}"
    )


def by_workers(jobs: str = "100") -> None:
    """This process, one worker and two, on the same jobs."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run = compose_run(*NETS, "tracking.enabled=false", "test=false")
        for name, resources in (
            ("process", Resources()),
            ("1 worker", Resources(workers=1)),
            ("2 workers", Resources(workers=2)),
        ):
            place = Path("mlruns") / "sweeps" / name
            made = [
                Job(number, run.model_copy(update={"seed": number}), place / str(number)) for number in range(int(jobs))
            ]
            started, began = time.perf_counter(), Began()
            with open_tracker(False) as tracker:
                train_grid(made, place, tracker, console=Console(quiet=True), resources=resources, listeners=[began])
            seconds = time.perf_counter() - started
            training = time.perf_counter() - began.at
            print(
                f"{name}: {seconds:.1f} s, {seconds - training:.1f} of them before the first run; "
                f"{len(made) * run.epochs / training:.0f} member-epochs/s"
            )


def by_processes(batch_size: str = "256") -> None:
    """One process and two, one thread each, and the sums alone."""
    rates = []
    for devices in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            keys = [*NETS, "tracking.enabled=false", f"batch_size={batch_size}", "test=false", "seed=0"]
            divided = [f"trainer.devices={devices}", *(["trainer.strategy=ddp"] if devices > 1 else [])]
            command = [sys.executable, "-m", "src.train", *keys, *divided]
            environment = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
            (results,) = (runs.read_json(path) for path in Path(folder).glob(f"mlruns/runs/*/{runs.RESULTS}"))
        samples, epoch = results["data"]["rows"]["train"], results["timing"]["epoch_seconds"]
        rates.append(samples / epoch)
        print(f"{devices} processes: {rates[-1]:,.0f} samples/s", flush=True)
    steps = -(-samples // int(batch_size))
    share = seconds_of_sums(results["num_params"], steps) / epoch
    print(
        f"lost: {100 * (1 - rates[1] / (2 * rates[0])):.0f} %; to add up gradients takes {100 * share:.0f} % of an epoch"
    )


def seconds_of_sums(num_params: int, steps: int) -> float:
    """Of so many sums of gradients over two processes that do nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        context = torch.multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            given = [(rank, f"file://{folder}/meet", num_params, steps) for rank in range(2)]
            return max(pool.starmap(_sum_up, given, chunksize=1))


def _sum_up(rank: int, place: str, num_params: int, steps: int) -> float:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=place, rank=rank, world_size=2)
    gradients = torch.zeros(num_params)
    torch.distributed.all_reduce(gradients)
    started = time.perf_counter()
    for _ in range(steps):
        torch.distributed.all_reduce(gradients)
    return time.perf_counter() - started


class Began(Template):
    """When the first job began."""

    at = 0.0

    def begin(self, job: Job, facts: Any) -> None:
        self.at = self.at or time.perf_counter()


if __name__ == "__main__":
    main()
