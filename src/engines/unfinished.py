"""How far a sweep of known jobs has come, in one file."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from src.engines.stacked.snapshot import Snapshot
from src.runs.files import CHECKPOINT


class Unfinished:
    """Of the jobs `numbers` those that have `ended`, and the `snapshot` of those in a stack; `folder` is the sweep's."""

    def __init__(self, folder: Path, numbers: Collection[int]) -> None:
        self.path, known = folder / CHECKPOINT, set(numbers)
        self.ended: set[int] = set()
        self.snapshot: Snapshot | None = None
        # A sweeper may hand over its jobs in several batches: what is known of the others is kept.
        self._others: set[int] = set()
        self._their_snapshot: dict[str, Any] | None = None
        if self.path.is_file():
            saved = torch.load(self.path, weights_only=True)
            self.ended = known & set(saved["ended"])
            self._others = set(saved["ended"]) - self.ended
            if saved["snapshot"] and known >= set(saved["snapshot"]["numbers"]):
                self.snapshot = Snapshot(**saved["snapshot"])
            else:
                self._their_snapshot = saved["snapshot"]

    def save(self, ended: Collection[int], snapshot: Snapshot | None) -> None:
        """One commit, by one rename."""
        self.ended |= set(ended)
        part = self.path.with_suffix(".part")
        kept = vars(snapshot) if snapshot else self._their_snapshot
        torch.save({"ended": sorted(self.ended | self._others), "snapshot": kept}, part)
        part.replace(self.path)
