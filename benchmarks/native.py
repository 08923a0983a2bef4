"""Member-epochs per second of the compiled engine, beside a stack, a pool of plain loops and idiomatic Lightning.

Command: python -m benchmarks.native data.path=FILE
(a) 784-128-128-1, batch 64, PneumoniaMNIST; (b) 30-64-64-1, batch 32, breast_cancer; (c) 784-256-256-1 as (a), its images
moved (augment=affine), beside the stack alone. Adam, dropout 0.2, evaluated on val after each epoch, all in one process (the
pool in one for each core), round after round in turn; medians over rounds, and of the ratios within a round. data.path names
pneumoniamnist.npz.
"""

import statistics
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from threadpoolctl import threadpool_limits
from torch.multiprocessing import get_context

from benchmarks.peers import Task, idiomatic, prepared
from benchmarks.stacked import EPOCHS_OF_PEERS, KEYS, in_pool, of_stack, one_thread, stack_of
from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.native.build import build_member
from src.engines.native.compilation import make_ready
from src.engines.native.cores import num_cores
from src.engines.native.data import Prepared, prepare
from src.engines.native.member import Member
from src.engines.stacked.size import choose_slots
from src.runs.build import dtype_of, standardize_of
from src.runs.job import Job

ROUNDS = 5
EPOCHS = {"a": 10, "b": 600, "c": 4}  # of a member in a round
ALL_KEYS = {**KEYS, "c": ["data=pneumoniamnist", "model.widths=[256,256]", "batch_size=64", "augment=affine"]}


def main() -> None:
    """Print a table for each task."""
    path, rest = ([text for text in sys.argv[1:] if text.startswith("data.") == of_data] for of_data in (True, False))
    for name, keys in ALL_KEYS.items():
        common = [
            "model.dropout=0.2",
            "epochs=100000",
            "patience=null",
            "tracking.enabled=false",
            "trainer.accelerator=cpu",
        ]
        run = compose_run(*keys, *common, *rest, *(path if name != "b" else []))
        dataset = read_dataset(run.data)
        make_ready(dtype_of(run), Console())
        compare(name, run, dataset, prepared(dataset, standardize_of(run), run.model["widths"], run.batch_size))


def compare(name: str, run: Run, dataset: Dataset, task: Task) -> None:
    """The contestants of one task, in turn."""
    cores, epochs = num_cores(), EPOCHS_OF_PEERS.get(name, 0)
    stack = stack_of(run, dataset, choose_slots(task.network(), torch.device("cpu"), task.batch))
    members = members_of(run, prepare(dataset, standardize_of(run), dtype_of(run)), cores)
    rates: dict[str, list[float]] = {}
    with get_context("spawn").Pool(cores, initializer=one_thread) as pool:
        in_pool(pool, task, 1)  # imports
        peers = {
            "idiomatic Lightning": lambda: epochs / sum(idiomatic(task, epochs)),
            f"plain loops in {cores} processes": lambda: in_pool(pool, task, epochs),
        }
        contestants = {
            **(peers if epochs else {}),
            f"stack of {stack.slots}": lambda: of_stack(stack),
            "compiled, one core": lambda: of_members(members[:1], EPOCHS[name]),
            f"compiled, {cores} cores": lambda: of_members(members, EPOCHS[name]),
        }
        for _ in range(ROUNDS):
            for label, contestant in contestants.items():
                rates.setdefault(label, []).append(contestant())
    print(f"({name}) {run.data['_target_'].rpartition('.')[2]}, {ROUNDS} rounds, {cores} cores")
    for label, values in rates.items():
        ratios = (
            f"{statistics.median(mine / its for mine, its in zip(values, others, strict=True)):7.1f} x {other.split(',')[0]}"
            for other, others in list(rates.items())[:-2]
        )
        print(f"{label:<28} {statistics.median(values):9.1f} member-epochs/s {' '.join(ratios)}", flush=True)


def members_of(run: Run, data: Prepared, count: int) -> list[Member]:
    """Members with different seeds that have their first epoch behind them."""
    made = [
        build_member(Job(seed, run.model_copy(update={"seed": seed}), Path()), data, np.zeros(1, np.bool_))
        for seed in range(count)
    ]
    for member in made:
        member.epoch()
    return made


def of_members(members: list[Member], epochs: int) -> float:
    """Member-epochs per second of members on a thread each: training, val with AUROC, best weights."""

    def train(member: Member) -> None:
        torch.set_num_threads(1)
        for _ in range(epochs):
            member.epoch()

    before = torch.get_num_threads()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(len(members)) as pool:
        started = time.perf_counter()
        list(pool.map(train, members))
        seconds = time.perf_counter() - started
    torch.set_num_threads(before)
    return epochs * len(members) / seconds


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
