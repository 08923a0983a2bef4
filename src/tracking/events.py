"""What the writer of MLflow is told: plain data that crosses the border of a process."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from src.config.leaves import leaves


@dataclass(frozen=True)
class Follow:
    """What is written from here on: the run in `folder`, or the sweep, whose parent run has these facts.

    `uri`: as it is configured; what the environment is to give stands in it as `${oc.env:NAME}`.
    """

    folder: Path
    uri: str
    experiment: str
    is_sweep: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    again: bool = False  # what was deleted in MLflow is sent once more, as new runs
    system_metrics: bool = False


@dataclass(frozen=True)
class Begin:
    """A run begins, or goes on."""

    folder: Path
    name: str
    params: Mapping[str, str]
    facts: Mapping[str, str]


class Epoch(NamedTuple):
    """A run has done an epoch; `at` in ms, as all times here."""

    folder: Path
    row: Mapping[str, float]
    at: int


@dataclass(frozen=True)
class End:
    """A run has ended, and its folder is complete."""

    folder: Path
    status: str
    stop_reason: str
    figures: Mapping[str, float]
    at: int


class Status(NamedTuple):
    """How the sweep as a whole stands, for the parent's curves."""

    figures: Mapping[str, float]
    step: int
    at: int


class Usage(NamedTuple):
    """What the machine did until now, for the curves of what is followed."""

    figures: Mapping[str, float]
    at: int


class Hurry(NamedTuple):
    """Write what has gathered now: nothing more is to come soon."""


class Finish(NamedTuple):
    """What is followed has ended, with these files of its `best` member; answered once MLflow has everything."""

    status: str
    best: Path | None


class Close(NamedTuple):
    """Write what is left; nothing more is to come."""


class Note(NamedTuple):
    """An answer: what is to be told that is no warning."""

    text: str


RunEvent = Begin | Epoch | End | Status | Usage
Event = RunEvent | Follow | Hurry | Finish | Close


def end_of(folder: Path, results: Mapping[str, Any]) -> End:
    """The end of the run in `folder`, as its results tell it."""
    return End(folder, results["status"], results["stop_reason"], summary_figures(results), now())


def params_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The leaves of a configuration, as it is kept, as MLflow takes them."""
    return {key: str(value)[:6000] for key, value in leaves(values)}


def summary_figures(results: Mapping[str, Any]) -> dict[str, float]:
    """What MLflow shows of a run that ended, by name; figures that are not finite are left out."""
    objective, timing = results.get("objective") or {}, results.get("timing") or {}
    figures = {
        "best/epoch": results.get("best_epoch"),
        f"best/{objective.get('name')}": objective.get("value"),
        "stopped/epoch": results.get("stopped_epoch"),
        "threshold": results.get("threshold"),
        "temperature": results.get("temperature"),
        "num_params": results.get("num_params"),
        **{f"timing/{name}": value for name, value in timing.items() if "epoch" not in name},  # those have a curve
        **{f"best_val/{name}": value for name, value in (results.get("val") or {}).items()},
        **{f"test/{name}": value for name, value in (results.get("test") or {}).items()},
    }
    return {name: float(value) for name, value in figures.items() if value is not None and math.isfinite(value)}


def now() -> int:
    """In ms since 1970, as MLflow counts."""
    return int(time.time() * 1000)
