"""Work on many files, on all cores: Pillow, the codecs of DICOM and NumPy release Python's lock, so threads do."""

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

BATCH = 16  # files that a thread takes at once


def num_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[Item], Done], items: Sequence[Item], *, told: str) -> list[Done]:
    """`work` of every item, in their order, with a bar called `told` where stderr is a terminal.

    The first exception, in the order of the items, ends it. What libraries warn of is not passed on: they quote headers.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
    from threadpoolctl import threadpool_limits

    batches = [items[first : first + BATCH] for first in range(0, len(items), BATCH)]
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    pool, done = ThreadPoolExecutor(num_cores()), list[Done]()
    with bar, warnings.catch_warnings(), threadpool_limits(1), pool:  # the threads of matrix products would fight these
        warnings.simplefilter("ignore")
        shown = bar.add_task(told, total=len(items))
        try:
            for results in pool.map(lambda batch: [work(item) for item in batch], batches):
                done += results
                bar.advance(shown, len(results))
        except BaseException:  # Ctrl-C among them: what has not begun need not be waited for
            pool.shutdown(cancel_futures=True)
            raise
    return done
