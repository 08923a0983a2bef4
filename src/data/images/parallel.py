"""Work on many files, on all cores."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

from src.data.images.process import Process

Item = TypeVar("Item")
Done = TypeVar("Done")

BATCH = 16  # items that a core takes at once


def num_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[Item], Done], items: Sequence[Item], *, told: str, processes: bool = False) -> list[Done]:
    """`work` of every item, in their order, with a bar called `told` where stderr is a terminal.

    In threads, which begin at once, or in `processes`, which take half a second to begin and share no lock. The first
    exception, in the order of the items, ends it. What libraries warn of is not passed on: they quote headers.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
    from threadpoolctl import threadpool_limits

    batches = [items[first : first + BATCH] for first in range(0, len(items), BATCH)]
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True, markup=False, emoji=False), disable=not sys.stderr.isatty())
    workers, pool, done = min(num_cores(), max(1, len(batches))), ThreadPoolExecutor(num_cores()), list[Done]()
    in_batches = _processes(work, workers) if processes else _threads(work)
    with bar, warnings.catch_warnings(), threadpool_limits(1), in_batches as of_batch, pool:
        warnings.simplefilter("ignore")
        shown = bar.add_task(escape(told), total=len(items))
        try:
            for results in pool.map(of_batch, batches):
                done += results
                bar.advance(shown, len(results))
        except BaseException:  # Ctrl-C among them: what has not begun need not be waited for
            pool.shutdown(cancel_futures=True)
            raise
    return done


@contextmanager
def _threads(work: Callable[[Item], Done]) -> Iterator[Callable[[Sequence[Item]], list[Done]]]:
    """Pillow, the codecs and NumPy release Python's lock for most of the time."""
    yield lambda batch: [work(item) for item in batch]


@contextmanager
def _processes(work: Callable[[Item], Done], number: int) -> Iterator[Callable[[Sequence[Item]], list[Done]]]:
    """A batch goes to the process that is free: each of as many threads waits for one."""
    started = [Process[Item, Done](work) for _ in range(number)]
    free: SimpleQueue[Process[Item, Done]] = SimpleQueue()
    for process in started:
        free.put(process)

    def of_batch(batch: Sequence[Item]) -> list[Done]:
        process = free.get()
        try:
            return process(batch)
        finally:
            free.put(process)

    try:
        yield of_batch
    finally:
        for process in started:
            process.end()
