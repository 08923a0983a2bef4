"""How far a sweep of known jobs has come, in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml

from src import runs
from src.engines.stacked.snapshot import Snapshot
from src.runs import identity
from src.runs.job import Job
from src.runs.record import plain_values


class Checkpoint:
    """The jobs that have ended and, of those in the stack, all that they need to go on; `folder` is the sweep's.

    Raises ValueError if a job of an earlier start was another one than it is now.
    """

    def __init__(self, folder: Path, jobs: Mapping[int, Job]) -> None:
        self.path = folder / runs.CHECKPOINT
        self.ended: set[int] = set()
        self.snapshot: Snapshot | None = None
        # A sweeper may hand over its jobs in several batches: what is known of the others is kept.
        self._others: set[int] = set()
        self._their_snapshot: dict[str, Any] | None = None
        for number, job in jobs.items():
            if (config := folder / str(number) / runs.CONFIG).is_file():
                stored = yaml.load(config.read_text(), Loader=yaml.CSafeLoader)
                identity.check_unchanged(stored, plain_values(job.run))
        if self.path.is_file():
            saved = torch.load(self.path, weights_only=True)
            self.ended = jobs.keys() & saved["ended"]
            self._others = set(saved["ended"]) - self.ended
            if saved["snapshot"] and jobs.keys() >= set(saved["snapshot"]["numbers"]):
                self.snapshot = Snapshot(**saved["snapshot"])
            else:
                self._their_snapshot = saved["snapshot"]

    def save(self, snapshot: Snapshot | None) -> None:
        """One commit, by one rename."""
        part = self.path.with_suffix(".part")
        kept = vars(snapshot) if snapshot else self._their_snapshot
        torch.save({"ended": sorted(self.ended | self._others), "snapshot": kept}, part)
        part.replace(self.path)
