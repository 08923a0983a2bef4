"""A search as a source of jobs: a trial is asked for whenever a place is free, and told as soon as it ends."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from src.config.command_line import as_typed
from src.config.schema import Run
from src.runs.job import Job, Place
from src.runs.objective import Objective
from src.runs.outcome import Failed, Outcome, Trained
from src.runs.stop_reason import StopReason
from src.search.rotation import Rotation
from src.search.seeded_trial import SeededTrial, TrialOutcome, figures_at_best
from src.search.space import Space
from src.search.study import Trials

log = logging.getLogger(__name__)

ASKED = 2  # times its slots that a stack takes at most, if other stacks wait to be tried


@dataclass(frozen=True)
class Plan:
    """What a search is for, and when it is over. The first of `objectives` drives pruning."""

    objectives: Sequence[Objective]
    n_trials: int  # complete, pruned and failed
    repeats: int = 1  # seeds of a trial
    in_turn: bool = False  # one repeat after another
    timeout: float | None = None  # seconds, after which no trial begins
    max_failure_rate: float = 1.0  # of n_trials
    bounds: Mapping[str, float] = field(default_factory=dict)  # figures that must not be larger, by name


class Search:
    """Asks `trials` for new ones in `space`; as a listener it hears how their jobs, each in its part of `folder`, end.

    `compose` makes a run of overrides and a job's number, or raises; `rotation` of the parameters that split stacks, which
    are held fixed while a stack is filled (None: the sampler cannot do that, and trials queue up by key); `key_of`: what
    the runs of one stack agree on; `extend` may suggest more parameters; `lost` is told of a trial that failed before it
    had a job.
    """

    def __init__(
        self,
        trials: Trials,
        space: Space,
        plan: Plan,
        *,
        folder: Path,
        compose: Callable[[Sequence[str], int], Run],
        rotation: Rotation | None,
        seed: int,
        key_of: Callable[[Run], Hashable],
        extend: Callable[[optuna.Trial], None] = lambda trial: None,
        lost: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.trials, self.space, self.plan, self.folder = trials, space, plan, folder
        self.compose, self.rotation, self.seed, self.key_of = compose, rotation, seed, key_of
        self.extend, self.lost = extend, lost
        self.open: dict[int, SeededTrial] = {}  # by trial
        self.failures = sum(trial.state == TrialState.FAIL for trial in trials.counted)
        self._keys: dict[int, Hashable] = {}  # of jobs that do not wait yet, by number
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._like: dict[Hashable, dict[str, Any]] = {}  # by key, the parameters that make it
        self._told = set[str]()  # reasons of failures
        self._asked = Counter[Hashable]()  # by key, for the stack that is being filled
        self._ends = time.monotonic() + plan.timeout if plan.timeout else None

    def next(self, place: Place | None) -> Job | None:
        """A job that fits `place`, for None any: one that waits, or that of a new trial."""
        key = self._opening() if place is None else self._filling(place)
        if key is None:
            return None
        job = self._waiting[key].popleft()
        self.open[self._trial_of(job)].begun.add(job.number)
        return job

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        """Take in an epoch; False if its trial is pruned."""
        repeats = self.open[self._trial_of(job)]
        if repeats.add(job, row[self.plan.objectives[0].name]):
            self._judge(repeats)
        return not repeats.pruned

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """Its trial has begun when it was asked for."""

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Taken in by `keep`."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """A job has ended, and with its last one the trial; one that was interrupted will be asked for again."""
        repeats = self.open.get(self._trial_of(job))
        if repeats is None:  # told by an earlier start, or abandoned
            return
        if outcome.stop_reason == StopReason.INTERRUPTED:
            self._abandon(repeats)
            return
        if repeats.end(job, _figures(outcome)):
            self._judge(repeats)
        if outcome.stop_reason in (StopReason.FAILED, StopReason.DIVERGED):
            self._stop(repeats)  # its mean has no value any more
        if repeats.in_turn and not repeats.pruned and len(repeats.begun) < len(repeats.jobs):
            self._wait(repeats.jobs[len(repeats.begun)])
        if repeats.is_over:
            del self.open[repeats.trial.number]
            self._tell(repeats.trial, repeats.outcome(self.plan.bounds))

    def abandon(self) -> None:
        """The search is broken off: what is open will be asked for again."""
        for repeats in list(self.open.values()):
            self._abandon(repeats)

    @property
    def has_failed(self) -> bool:
        """Whether more trials have failed than may."""
        return self.failures > self.plan.max_failure_rate * self.plan.n_trials

    def _opening(self) -> Hashable | None:
        """The key of the next stack; None if nothing is left to be tried."""
        asked = 0
        while not any(self._waiting.values()):
            if not self._ask(self.rotation.opening(self.trials.all) if self.rotation else {}):
                return None
            asked += 1
        key = next(key for key, jobs in self._waiting.items() if jobs)
        self._asked[key] = asked
        return key

    def _filling(self, place: Place) -> Hashable | None:
        """The key of a stack that is being filled; None if it gets no more."""
        if place.spec not in self._like:  # of a worker whose device trains otherwise than this machine's would
            return None
        while not self._waiting.get(place.spec):
            if self._is_through(place) or not self._ask(self._like[place.spec]):
                return None
            self._asked[place.spec] += 1
        return place.spec

    def _is_through(self, place: Place) -> bool:
        """Whether the stack of `place` gets no more trials, so that others have their turn."""
        if self.rotation is None:
            return sum(map(len, self._waiting.values())) >= ASKED * place.slots * self.plan.repeats
        return bool(self.rotation.splitting) and self._asked[place.spec] >= min(
            ASKED * place.slots, self.rotation.trials
        )

    def _ask(self, held: Mapping[str, Any]) -> bool:
        """A new trial, whose jobs wait from here on, or which has failed; False if there is to be none."""
        plan, now = self.plan, time.monotonic()
        if self.trials.is_through:
            return False
        full = self.trials.num_counted + len(self.open) >= plan.n_trials
        if full or self.has_failed or (self._ends is not None and now > self._ends):
            return False
        trial = self.trials.ask(self.space.searched, held)
        try:
            self.extend(trial)
            if fixed := sorted((trial.params.keys() - self.space.searched.keys()) & self.space.fixed_keys):
                raise ValueError(
                    f"hydra.sweeper.custom_search_space: must suggest what the command leaves open, but got {', '.join(fixed)}."
                )
            jobs = self._jobs(trial)
            keys = {job.number: self.key_of(job.run) for job in jobs}
        except Exception as error:  # settings that contradict each other, data that cannot be read, a user's function
            self.trials.begin(trial)
            self._tell(trial, TrialOutcome(TrialState.FAIL, attrs={"reason": Failed(error).reason}))
            self.lost(trial.number)
            return True
        self.trials.begin(trial)
        self.open[trial.number] = SeededTrial(trial, jobs, plan.objectives, plan.in_turn)
        self._keys |= keys
        for job in jobs[:1] if plan.in_turn else jobs:
            self._wait(job)
        return True

    def _jobs(self, trial: optuna.Trial) -> list[Job]:
        overrides, repeats = self.space.overrides(trial.params), self.plan.repeats
        seeds = [[f"seed={self.seed + repeat}"] for repeat in range(repeats)] if repeats > 1 else [[]]
        first = trial.number * repeats
        return [self._job(first + repeat, [*overrides, *seed]) for repeat, seed in enumerate(seeds)]

    def _job(self, number: int, overrides: Sequence[str]) -> Job:
        return Job(number, self.compose(overrides, number), self.folder / str(number), tuple(as_typed(overrides)))

    def _wait(self, job: Job) -> None:
        key, params = self._keys.pop(job.number), self.open[self._trial_of(job)].trial.params
        self._waiting.setdefault(key, deque()).append(job)
        splitting = self.rotation.splitting if self.rotation else ()
        self._like.setdefault(key, {name: params[name] for name in splitting if name in params})

    def _trial_of(self, job: Job) -> int:
        return job.number // self.plan.repeats

    def _judge(self, repeats: SeededTrial) -> None:
        if not repeats.pruned and repeats.trial.should_prune():
            self._stop(repeats)

    def _stop(self, repeats: SeededTrial) -> None:
        """Its jobs that wait are not trained."""
        repeats.pruned = True
        for key, jobs in self._waiting.items():
            self._waiting[key] = deque(job for job in jobs if job not in repeats.jobs)

    def _abandon(self, repeats: SeededTrial) -> None:
        self._stop(repeats)
        del self.open[repeats.trial.number]
        self.trials.abandon(repeats.trial)

    def _tell(self, trial: optuna.Trial, outcome: TrialOutcome) -> None:
        if outcome.state == TrialState.FAIL:
            self.failures += 1
            reason = outcome.attrs["reason"]
            log.log(
                logging.INFO if reason in self._told else logging.WARNING, "trial %d failed: %s", trial.number, reason
            )
            self._told.add(reason)
        self.trials.tell(trial, outcome)


def _figures(outcome: Outcome) -> dict[str, Any]:
    """What a job is judged by, or what went wrong."""
    if isinstance(outcome, Failed):
        return {"error": outcome.reason}
    assert isinstance(outcome, Trained)
    progress = outcome.progress
    figures = figures_at_best(progress.history, progress.best_epoch, outcome.num_params)
    return {**figures, "stop_reason": outcome.stop_reason}
