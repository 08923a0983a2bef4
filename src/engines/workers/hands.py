"""What a driver knows of the jobs that it has given out, and of who has them."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from src.runs.job import Job

DEATHS = 3  # of workers, of which a job is held guilty
SILENCE = 60.0  # seconds, of a worker without a job


@dataclass
class Known:
    """What was told of a job, and asked, by all workers that have had it."""

    begun: bool = False
    heard: int = 0  # epochs
    asked: int = 0  # for which epoch the source was asked last
    ends_after: float = math.inf  # the epoch after which the source ended it
    deaths: int = 0  # of workers

    @property
    def is_suspect(self) -> bool:
        """Whether it is trained with no other beside it, and has failed if that worker dies too."""
        return self.deaths >= DEATHS - 1


@dataclass(frozen=True)
class Left:
    """What a worker that died had in training: `jobs`, of which those go on together that `commit` has, a stack's.

    `keeps`: whether that file is theirs from here on, or others of the same stack, which go on elsewhere, need it too.
    """

    jobs: Sequence[Job]
    commit: Path | None = None
    keeps: bool = True


@dataclass(eq=False)
class Hand:
    """What a worker, called `name`, has in training; `commit`: the file of its stack, and the numbers of the jobs in that.

    `pid`: its process, once that has said something.
    """

    name: str
    jobs: dict[int, Job] = field(default_factory=dict)
    commit: Path | None = None
    committed: frozenset[int] = frozenset()
    pid: int | None = None
    fills_a_stack: bool = False

    @property
    def silence(self) -> float:
        """For how many seconds it may give no sign of life: as long as the most patient of its jobs says."""
        return max((job.run.trainer.timeout_seconds for job in self.jobs.values()), default=SILENCE)

    def take_over(self, left: Left) -> None:
        """What another has left, and the file that it goes on with."""
        self.jobs.update({job.number: job for job in left.jobs})
        if left.commit is not None and left.keeps:
            self.commit, self.committed = left.commit, frozenset(self.jobs)

    def left(self, suspects: Collection[int]) -> list[Left]:
        """What others go on with: each of the `suspects`, by number, by itself, and so the rest unless they are of a stack."""
        rest = [job for number, job in self.jobs.items() if number not in suspects]
        found = [Left([self.jobs[number]], self._commit_of(number), keeps=False) for number in suspects]
        if not (self.fills_a_stack or self.commit):
            return [*found, *(Left([job]) for job in rest)]
        return [*found, Left(rest, self.commit)] if rest else found

    def _commit_of(self, number: int) -> Path | None:
        return self.commit if number in self.committed else None
