"""Runs trained in one stack, and all that a listener heard of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from src.config.schema import Run
from src.data.dataset import Dataset
from src.engines.build import spec_of
from src.engines.stacked.engine import StackedEngine
from src.runs.job import Job, Jobs
from src.runs.outcome import Outcome
from src.runs.progress import Progress


class Heard:
    """A listener that keeps every event, by the number of its job and in order."""

    def __init__(self) -> None:
        self.events: dict[int, list[str]] = defaultdict(list)
        self.rows: dict[int, list[Mapping[str, float]]] = defaultdict(list)
        self.facts: dict[int, Mapping[str, str]] = {}
        self.outcomes: dict[int, Outcome] = {}

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        self.events[job.number].append("begin")
        self.facts[job.number] = facts

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        self.events[job.number].append(f"epoch {row['epoch']:.0f}")
        self.rows[job.number].append(row)

    def end(self, job: Job, outcome: Outcome) -> None:
        self.events[job.number].append("end")
        self.outcomes[job.number] = outcome

    def progress(self, number: int) -> Progress:
        """Of a job that was trained."""
        outcome: Any = self.outcomes[number]
        return outcome.progress


def jobs_of(runs: Iterable[Run]) -> list[Job]:
    """One for each run, numbered from 0."""
    return [Job(number, run, Path(str(number))) for number, run in enumerate(runs)]


def train(runs: Iterable[Run], dataset: Dataset, *, slots: int | None = None) -> Heard:
    """Train `runs`, which fit one stack."""
    jobs, heard = jobs_of(runs), Heard()
    StackedEngine(jobs[0], dataset, slots=slots).train(Jobs(jobs, spec_of), heard)
    return heard
