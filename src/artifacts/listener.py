"""The listener that leaves what people look at; made from the record."""

from collections.abc import Mapping
from pathlib import Path

from src.artifacts.leaving import leave, warned
from src.runs.background import Background
from src.runs.job import Job
from src.runs.outcome import Outcome, Trained


class Artifacts:
    """Leaves figures, tables and model of each run that is to have them, in `background`. What fails there costs a warning."""

    def __init__(self, background: Background) -> None:
        self.background = background

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """There is nothing to show yet."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """The end shows all of it."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """A run that came to its end, and keeps its model."""
        if isinstance(outcome, Trained) and job.run.tracking.save_model:
            self.background.submit(lambda: self._leave(job.folder, outcome))

    def _leave(self, folder: Path, trained: Trained) -> None:
        with warned(folder):
            leave(folder, trained.dataset)
