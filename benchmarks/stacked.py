"""Member-epochs per second of a stack, beside idiomatic Lightning and a pool of plain loops.

Command: python -m benchmarks.stacked data.path=FILE    (on a GPU, where there is one, unless trainer.accelerator=cpu)
(a) 784-128-128-1, batch 64, PneumoniaMNIST; (b) 30-64-64-1, batch 32, breast_cancer. Adam, dropout 0.2, all in one process
(the pool in one for each core), round after round in turn; medians over rounds. data.path names pneumoniamnist.npz.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing.pool import Pool
from pathlib import Path

import torch
from torch.multiprocessing import get_context

from benchmarks.peers import Task, idiomatic, plain, prepared, products
from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.build import build_job_model, build_member, build_stack_data, spec_of
from src.engines.stacked.size import choose_slots
from src.engines.stacked.stack import Stack
from src.runs.build import device_of, standardize_of
from src.runs.job import Job

ROUNDS = 5
SIZES = {"a": (8, 16, 32, 64), "b": (64, 256, 512, 1024)}
SIZES_ON_GPU = (64, 256, 1024, 4096)
KEYS = {
    "a": ["data=pneumoniamnist", "model.widths=[128,128]", "batch_size=64"],
    "b": ["data=breast_cancer", "model.widths=[64,64]", "batch_size=32"],
}
EPOCHS_OF_PEERS = {"a": 6, "b": 60}


def main() -> None:
    """Print a table for each task."""
    path, rest = ([text for text in sys.argv[1:] if text.startswith("data.") == of_data] for of_data in (True, False))
    for name, keys in KEYS.items():
        common = ["model.dropout=0.2", "epochs=1000", "patience=null", "tracking.enabled=false"]
        run = compose_run(*keys, *common, *rest, *(path if name == "a" else []))
        dataset = read_dataset(run.data)
        task = prepared(dataset, standardize_of(run), run.model["widths"], run.batch_size)
        compare(name, run, dataset, task)


def compare(name: str, run: Run, dataset: Dataset, task: Task) -> None:
    """The contestants of one task, in turn."""
    device, epochs = device_of(run), EPOCHS_OF_PEERS[name]
    sizes, accelerator = (SIZES[name], "cpu") if device.type == "cpu" else (SIZES_ON_GPU, "gpu")
    stacks = {size: stack_of(run, dataset, size) for size in sizes}
    chosen = choose_slots(task.network(), device, task.batch)
    rates: dict[str, list[float]] = {}
    with get_context("spawn").Pool(torch.get_num_threads(), initializer=one_thread) as pool:
        in_pool(pool, task, 1)  # imports
        contestants: dict[str, Callable[[], float]] = {
            "idiomatic Lightning": lambda: epochs / sum(idiomatic(task, epochs, accelerator)),
            "plain loop, all threads": lambda: epochs / sum(plain(task, epochs)),
            f"plain loops in {torch.get_num_threads()} processes": lambda: in_pool(pool, task, epochs),
            **{f"stack of {size}": lambda stack=stack: of_stack(stack) for size, stack in stacks.items()},
            "matrix products alone": lambda: chosen / statistics.median(products(task, 2, chosen, device)),
        }
        for _ in range(ROUNDS):
            for label, contestant in contestants.items():
                rates.setdefault(label, []).append(contestant())
    print(f"({name}) {run.data['_target_'].rpartition('.')[2]}, {ROUNDS} rounds; chosen: {chosen} slots")
    against = rates["idiomatic Lightning"]
    for label, values in rates.items():
        ratio = statistics.median(value / lightning for value, lightning in zip(values, against, strict=True))
        median = statistics.median(values)
        print(f"{label:<30} {median:9.1f} member-epochs/s  {1e3 / median:8.2f} ms each  {ratio:6.1f} x Lightning")


def stack_of(run: Run, dataset: Dataset, size: int) -> Stack:
    """A stack of `size` members with different seeds and learning rates that has its first epoch behind it."""
    first = Job(0, run, Path())
    data = build_stack_data(first, dataset)
    stack = Stack(spec_of(first), data, size, build_job_model(first, dataset))
    for slot in range(size):
        optimizer = run.optimizer.model_copy(update={"lr": 1e-3 * (1 + slot / size)})
        member = run.model_copy(update={"seed": slot, "optimizer": optimizer})
        stack.admit(slot, build_member(Job(slot, member, Path()), data, read_dataset))
    stack.epoch()
    return stack


def of_stack(stack: Stack) -> float:
    """Member-epochs per second: training, val with AUROC, best weights."""
    started = time.perf_counter()
    epochs = 2
    for _ in range(epochs):
        stack.epoch()
    return epochs * stack.slots / (time.perf_counter() - started)


def in_pool(pool: Pool, task: Task, epochs: int) -> float:
    """Member-epochs per second of plain loops, one in each process."""
    processes = torch.get_num_threads()
    started = time.perf_counter()
    pool.starmap(plain, [(task, epochs)] * processes)
    return processes * (epochs + 1) / (time.perf_counter() - started)


def one_thread() -> None:
    """Of each process of the pool."""
    torch.set_num_threads(1)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
