"""How many cores this process may use, and of them one for each member."""

import math
import os
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path

from threadpoolctl import ThreadpoolController

GROUPS = Path("/sys/fs/cgroup")  # where a container's limits are


def num_cores() -> int:
    """Those that it may run on, within what its container may use of them and what OMP_NUM_THREADS says; at least 1."""
    may = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return max(1, min(may, quota(GROUPS), int(said) if said.isdigit() and int(said) else may))


def quota(groups: Path) -> int:
    """The cores that a container may use by its control group, version 2 or 1, rounded up; many where it is free."""
    for share, period in (("cpu.max", None), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            words = [*(groups / share).read_text().split(), *((groups / period).read_text().split() if period else [])]
            microseconds, whole = int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):  # not there, or "max"
            continue
        if microseconds > 0 and whole > 0:
            return math.ceil(microseconds / whole)
    return 2**16


def one_thread_of_blas() -> AbstractContextManager[object]:
    """While it is entered products of matrices take one thread of this process: more would wait for one another."""
    return _libraries().limit(limits=1, user_api="blas")


@lru_cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # asks the linker for all that is loaded, 3 ms
