"""Members outside a stack, with all that they need to go on: what a checkpoint holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from src.engines.stacked.member import Member, Tensors
from src.runs.job import Job


@dataclass(frozen=True)
class Snapshot:
    """Members of a stack of `slots`: numbers of their jobs, the slot of each, the progress of each as plain values, and
    tensors with one row for each. Those that wait for a slot come last and have none.
    """

    slots: int
    places: list[int]
    numbers: list[int]
    progress: list[dict[str, Any]]
    tensors: Tensors

    def members(self, jobs: Mapping[int, Job], build: Callable[[Job], Member]) -> list[tuple[Member, Tensors | None]]:
        """Those whose job is in `jobs`, as they left off; `build` makes the member of a job that has not begun."""
        found: list[tuple[Member, Tensors | None]] = []
        for row, (number, progress) in enumerate(zip(self.numbers, self.progress, strict=True)):
            if number in jobs:
                member = build(jobs[number])
                member.progress.restore(progress)
                found.append((member, {name: tensor[row] for name, tensor in self.tensors.items()}))
        return found

    def with_waiting(self, waiting: Iterable[tuple[Member, Tensors | None]]) -> "Snapshot":
        """This snapshot and those of `waiting` that have begun."""
        begun = [(member, tensors) for member, tensors in waiting if tensors is not None]
        if not begun:
            return self
        return replace(
            self,
            numbers=[*self.numbers, *(member.job.number for member, _ in begun)],
            progress=[*self.progress, *(member.progress.state() for member, _ in begun)],
            tensors={
                name: torch.cat([tensor, torch.stack([tensors[name] for _, tensors in begun])])
                for name, tensor in self.tensors.items()
            },
        )
