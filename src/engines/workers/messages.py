"""What a worker tells its driver, and asks it: plain data that cross a wire, in the order in which they happened."""

import pickle
from collections.abc import Mapping
from dataclasses import replace
from logging import LogRecord
from pathlib import Path
from typing import Any, NamedTuple

from src.data.dataset import Dataset
from src.runs.job import Job, Place
from src.runs.outcome import Failed, Outcome, Trained


class Working(NamedTuple):
    """The process of a worker begins to work."""

    pid: int


class Begun(NamedTuple):
    """A job is to be trained, or goes on."""

    number: int
    facts: Mapping[str, str]


class EpochDone(NamedTuple):
    """A job has a new row of its history."""

    number: int
    row: Mapping[str, float]


class Ended(NamedTuple):
    """Nothing more comes of a job; of what it has trained the driver has the data."""

    number: int
    outcome: Outcome


class Committed(NamedTuple):
    """A stack stands in a file, with the jobs of these numbers; None: none does any more."""

    path: Path | None
    numbers: frozenset[int] = frozenset()


class NextJob(NamedTuple):
    """A question: what fits `place`?"""

    place: Place | None


class Keeps(NamedTuple):
    """A question: does the job go on after this epoch?"""

    number: int
    row: Mapping[str, float]


class DataOf(NamedTuple):
    """A question: which data have these settings? Those that this machine has are of `digest`; None: it has none."""

    settings: Mapping[str, Any]
    digest: str | None


Question = NextJob | Keeps | DataOf
Message = Working | Begun | EpochDone | Ended | Committed | Question | LogRecord
Answer = Job | bool | Dataset | Outcome | None


def packed(outcome: Outcome) -> Outcome:
    """As it crosses the wire: without the data, on the CPU, and with an error that can be pickled."""
    if isinstance(outcome, Failed):
        return Failed(_picklable(outcome.error))
    assert isinstance(outcome, Trained)
    # Each tensor by itself: a view would take the whole storage along.
    weights = {name: value.detach().cpu().clone() for name, value in outcome.weights.items()}
    return replace(outcome, weights=weights, dataset=None)  # type: ignore[arg-type]


def unpacked(outcome: Outcome, dataset: Dataset) -> Outcome:
    """As the listeners are told it."""
    return replace(outcome, dataset=dataset) if isinstance(outcome, Trained) else outcome


def _picklable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # of a library's own, with arguments that do not come back
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
