"""ThreadGroups of threads, each with its own part of a stack's slots: they never wait for one another within an epoch.

A kernel that all threads share ends when the slowest has done its part, thousands of times an epoch. Measured on 2 cores,
an epoch of 784-128-128-1 costs 38 ms a member in two groups of one thread and 43 in one of two.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

GROUPS = 2  # on CPUs; Python's own share of a step grows with their number, as it runs in one at a time
LEAST = 2**20  # numbers in the slots' parameters from which the kernels outweigh Python

Result = TypeVar("Result")


class ThreadGroups:
    """The threads of a stack on `device`; `count` is 1 where one program suits it better."""

    def __init__(self, device: torch.device) -> None:
        threads = torch.get_num_threads()
        self.count = min(GROUPS, threads) if device.type == "cpu" else 1
        self.threads = threads // self.count  # of each
        self._pool = ThreadPoolExecutor(
            self.count, "stack-group", initializer=torch.set_num_threads, initargs=(self.threads,)
        )

    def each(self, work: Callable[[int, slice], Result], slots: int, num_params: int) -> list[Result]:
        """`work` of each group that has slots, with its number and its slots; in their order."""
        if self.count == 1 or slots * num_params < LEAST:
            return [work(0, slice(0, slots))]
        size = -(-slots // self.count)
        parts = [slice(start, min(start + size, slots)) for start in range(0, slots, size)]
        begun = [self._pool.submit(work, group, part) for group, part in enumerate(parts)]
        wait(begun)
        return [future.result() for future in begun]
