"""How far a sweep of known jobs has come: in one file, and those of the stacks that workers had in training."""

import logging
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from src.disk import DamagedError, read_whole
from src.disk.tensors import load_tensors, save_tensors
from src.engines.stacked import commit
from src.engines.stacked.snapshot import Snapshot
from src.runs.files import CHECKPOINT, CONFIG, RESULTS
from src.runs.job import Job
from src.runs.results import read_results
from src.runs.stop_reason import StopReason

log = logging.getLogger(__name__)


class Unfinished:
    """Of `jobs`, by number, those that have `ended`, and the `snapshots` of those in stacks; `folder` is the sweep's.

    Where its file is gone or damaged, which is told, those have ended that have results.
    """

    def __init__(self, folder: Path, jobs: Mapping[int, Job]) -> None:
        self.path, known = folder / CHECKPOINT, set(jobs)
        self.ended: set[int] = set()
        self.snapshots: list[Snapshot] = []
        # A sweeper may hand over its jobs in several batches: what is known of the others is kept.
        self._others: set[int] = set()
        self._their_snapshot: dict[str, Any] | None = None
        try:
            if self.path.is_file():
                read_whole(self.path, lambda path: self._take(load_tensors(path), known))
            elif any((job.folder / CONFIG).is_file() for job in jobs.values()):
                raise DamagedError(f"{self.path}: is gone, while the sweep has begun.")
            else:
                self.save((), None)  # from here on it is there
        except DamagedError as error:
            ended = {int(path.parent.name) for path in folder.glob(f"*/{RESULTS}") if _has_ended(path.parent)}
            self.ended, self._others = ended & known, ended - known
            told = "%s %d of %d runs have ended and are kept; the others begin again at epoch 1."
            log.warning(told, error, len(self.ended), len(jobs))
        self._files = list[Path]()  # of workers
        for path in commit.found_in(folder):
            snapshot = commit.load(path)
            if snapshot is None or known >= set(snapshot.numbers):
                self._files.append(path)
            if snapshot is not None and path in self._files:
                self.snapshots.append(snapshot)

    def stacks(self) -> Iterator[tuple[Snapshot, list[int]]]:
        """Each snapshot with the numbers of those who go on from it: of a job that several have, the first."""
        taken = set(self.ended)
        for snapshot in self.snapshots:
            if numbers := [number for number in snapshot.numbers if number not in taken]:
                taken |= set(numbers)
                yield snapshot, numbers

    def save(self, ended: Collection[int], snapshot: Snapshot | None) -> None:
        """One commit, by one rename."""
        self.ended |= set(ended)
        kept = vars(snapshot) if snapshot else self._their_snapshot
        save_tensors({"ended": sorted(self.ended | self._others), "snapshot": kept}, self.path)

    def tidy(self) -> None:
        """All have ended: no stack is left."""
        for path in self._files:
            path.unlink(missing_ok=True)

    def _take(self, saved: dict[str, Any], known: set[int]) -> None:
        ended, theirs = set(saved["ended"]), saved["snapshot"]
        if theirs and known >= set(theirs["numbers"]):
            self.snapshots, theirs = [Snapshot(**theirs)], None
        self.ended, self._others, self._their_snapshot = known & ended, ended - known, theirs


def _has_ended(folder: Path) -> bool:
    results = read_results(folder) if folder.name.isdigit() else None
    return results is not None and results.stop_reason != StopReason.INTERRUPTED
