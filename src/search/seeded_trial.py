"""One trial in training: its repeats, one for each seed, and what it reports of them."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from src.runs.job import Job
from src.runs.objective import Objective
from src.runs.stop_reason import StopReason

CUT_OFF = {StopReason.PRUNED, StopReason.DIVERGED}  # a repeat that ended so has no value


@dataclass(frozen=True)
class TrialOutcome:
    """How a trial ended: `attrs` are for people to read, `constraints` hold where they are not above 0."""

    state: TrialState
    values: list[float] | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    constraints: Mapping[str, float] = field(default_factory=dict)


@dataclass
class SeededTrial:
    """The jobs of `trial`, equal but for their seeds, judged by the first of `objectives`.

    `in_turn`: a repeat begins when the one before has ended, and its best value is reported (for pruners that compare
    repeats); else they train together and the mean of all is reported each epoch, a repeat that stopped carrying its best.
    """

    trial: optuna.Trial
    jobs: list[Job]
    objectives: Sequence[Objective]
    in_turn: bool
    pruned: bool = False
    begun: set[int] = field(default_factory=set)  # jobs that were handed out
    epochs: dict[int, list[float]] = field(default_factory=dict)  # values of the first objective, by job
    ended: dict[int, Mapping[str, Any]] = field(default_factory=dict)  # by job: figures by name, or what went wrong
    reported: int = 0

    def add(self, job: Job, value: float) -> bool:
        """The next epoch of a repeat; True if the trial has something new to report, which it has reported then."""
        self.epochs.setdefault(job.number, []).append(value)
        return not self.in_turn and self._report()

    def end(self, job: Job, figures: Mapping[str, Any]) -> bool:
        """A repeat has ended; True as for `add`."""
        self.ended[job.number] = figures
        if not self.in_turn:
            return self._report()
        value = figures.get(self.objectives[0].name)
        if value is None or not math.isfinite(value):
            return False
        self.trial.report(value, len(self.ended))
        return True

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is in training, and nothing more will be."""
        return len(self.ended) == (len(self.begun) if self.pruned else len(self.jobs))

    @property
    def is_complete(self) -> bool:
        """Whether every repeat came to its own end."""
        reasons = [figures.get("stop_reason") for figures in self.ended.values()]
        return len(reasons) == len(self.jobs) and not CUT_OFF & set(reasons)

    def outcome(self, bounds: Mapping[str, float]) -> TrialOutcome:
        """How the trial ended; `bounds`: figures that must not be larger, in any repeat, by name."""
        ended = [self.ended[number] for number in sorted(self.ended)]
        if errors := [figures["error"] for figures in ended if "error" in figures]:
            return TrialOutcome(TrialState.FAIL, attrs={"reason": errors[0]})
        attrs = {"stop_reason": ended[0]["stop_reason"], "best_epoch": ended[0]["best_epoch"]}
        excess = {name: _excess([figures[name] for figures in ended], bound) for name, bound in bounds.items()}
        if self.is_complete:  # also one that was pruned after its last epoch
            values = [statistics.fmean(figures[one.name] for figures in ended) for one in self.objectives]
            return TrialOutcome(TrialState.COMPLETE, values, {**attrs, "sd": self._spread()}, excess)
        return TrialOutcome(TrialState.PRUNED, None, attrs, excess)

    def _spread(self) -> list[float]:
        """The standard deviation of each objective over the repeats; empty for one repeat."""
        if len(self.jobs) < 2:
            return []
        return [statistics.stdev(figures[one.name] for figures in self.ended.values()) for one in self.objectives]

    def _report(self) -> bool:
        """The mean of every epoch that all repeats have reached, or will never reach."""
        before = self.reported
        while len(self.objectives) == 1 and self._has(self.reported + 1):
            self.reported += 1
            value = statistics.fmean(self._at(job, self.reported) for job in self.jobs)
            if math.isfinite(value):
                self.trial.report(value, self.reported)
        return self.reported > before

    def _has(self, epoch: int) -> bool:
        reach = [len(self.epochs.get(job.number, ())) for job in self.jobs]
        return max(reach) >= epoch and all(
            count >= epoch or job.number in self.ended for count, job in zip(reach, self.jobs, strict=True)
        )

    def _at(self, job: Job, epoch: int) -> float:
        values = self.epochs.get(job.number, [])
        if len(values) >= epoch:
            return values[epoch - 1]
        return self.objectives[0].best(filter(math.isfinite, values))


def _excess(figures: Sequence[float], bound: float) -> float:
    """How far the largest lies above its bound; infinitely, if one is not a number."""
    return math.inf if any(map(math.isnan, figures)) else max(figures) - bound


def figures_at_best(history: Sequence[Mapping[str, float]], best_epoch: int | None, num_params: int) -> dict[str, Any]:
    """What a job may be judged by: its history at the best epoch, else at the last, and its size."""
    return {**history[(best_epoch or len(history)) - 1], "num_params": num_params, "best_epoch": best_epoch}
