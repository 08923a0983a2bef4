"""The listener that leaves what people look at; made from the record."""

from collections.abc import Callable, Mapping
from pathlib import Path

from src.artifacts.leaving import leave, warned
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.prediction.predictor import FILE
from src.runs.background import Background
from src.runs.job import Job
from src.runs.outcome import Outcome, Recalled, Trained


class Artifacts:
    """Leaves figures, tables and model of each run that is to have them, in `background`. What fails there costs a warning."""

    def __init__(self, background: Background) -> None:
        self.background = background

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """There is nothing to show yet."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """The end shows all of it."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """A run that came to its end, and keeps its model; one of an earlier start that was killed before it had all."""
        if not job.run.tracking.save_model:
            return
        if isinstance(outcome, Trained):
            self.background.submit(lambda: self._leave(job.folder, lambda: outcome.dataset))
        elif isinstance(outcome, Recalled) and (job.folder / FILE).is_file():
            self.background.submit(lambda: self._leave(job.folder, lambda: read_dataset(job.run.data)))

    def _leave(self, folder: Path, read: Callable[[], Dataset]) -> None:
        with warned(folder):
            leave(folder, read())
