"""A search as an agenda: a trial is asked for whenever a slot is free, and told as soon as it ends."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from src.config.schema import Run
from src.engines.stacked.spec import stack_key
from src.runs.job import Job
from src.search.rotation import Rotation
from src.search.seeded_trial import SeededTrial, TrialOutcome, figures_at_best
from src.search.space import Space
from src.search.study import Ledger

log = logging.getLogger(__name__)

ASKED = 2  # times its slots that a stack takes at most, if other stacks wait to be tried
AHEAD = 32  # trials asked ahead, before a stack has told its slots


@dataclass(frozen=True)
class Plan:
    """What a search is for, and when it is over. `objectives` with their `directions`, the first drives pruning."""

    objectives: Sequence[str]
    directions: Sequence[str]
    n_trials: int  # complete, pruned and failed
    repeats: int = 1  # seeds of a trial
    in_turn: bool = False  # one repeat after another
    timeout: float | None = None  # seconds, after which no trial begins
    max_failure_rate: float = 1.0  # of n_trials
    bounds: Mapping[str, float] = field(default_factory=dict)  # figures that must not be larger, by name


class Search:
    """Asks `ledger` for trials in `space`.

    `compose` makes a run of overrides and a job's number, or raises; `turns` of the parameters that split stacks, which are
    held fixed while a stack is filled (None: the sampler cannot do that, and trials queue up by key); `extend` may suggest
    more parameters; `later` calls in the background, after the records of what has ended; `lost` is told of a trial that
    failed before it had a job; `key_of`: a run's stack key.
    """

    def __init__(
        self,
        ledger: Ledger,
        space: Space,
        plan: Plan,
        *,
        compose: Callable[[Sequence[str], int], Run],
        turns: Rotation | None,
        seed: int,
        extend: Callable[[optuna.Trial], None] = lambda trial: None,
        later: Callable[[Callable[[], None]], None] = lambda call: call(),
        lost: Callable[[int], None] = lambda number: None,
        key_of: Callable[[Run], str] = stack_key,
    ) -> None:
        self.ledger, self.space, self.plan = ledger, space, plan
        self.compose, self.turns, self.seed, self.extend = compose, turns, seed, extend
        self.later, self.lost, self.key_of = later, lost, key_of
        self.open: dict[int, SeededTrial] = {}  # by trial
        self.failures = sum(trial.state == TrialState.FAIL for trial in ledger.counted)
        self._waiting: dict[str, deque[Job]] = {}
        self._like: dict[str, dict[str, Any]] = {}  # by key, the parameters that make it
        self._asked, self._slots = 0, AHEAD // ASKED
        self._ends = time.monotonic() + plan.timeout if plan.timeout else None

    def next(self, key: str | None) -> Job | None:
        """A job with this stack key, for None of any: one that waits, or that of a new trial."""
        if key is None:
            self._asked = 0
            while not any(self._waiting.values()):
                if not self._ask(self.turns.opening(self.ledger.trials) if self.turns else {}):
                    return None
            key = next(its_key for its_key, jobs in self._waiting.items() if jobs)
        while not self._waiting.get(key):
            if self._is_through(key) or not self._ask(self._like[key]):
                return None
        job = self._waiting[key].popleft()
        self.open[self._trial_of(job)].begun.add(job.number)
        return job

    def opened(self, slots: int) -> None:
        """A stack of `slots` begins."""
        self._slots = slots

    def epoch(self, job: Job, row: Mapping[str, float]) -> bool:
        """An epoch is done; False if its trial is pruned."""
        repeats = self.open[self._trial_of(job)]
        if repeats.add(job, row[self.plan.objectives[0]]):
            self._judge(repeats)
        return not repeats.pruned

    def end(self, job: Job, result: Any) -> None:
        """A job has ended, and with its last one the trial."""
        repeats = self.open[self._trial_of(job)]
        figures = {"error": f"{type(result).__name__}: {result}"} if isinstance(result, Exception) else _figures(result)
        if repeats.end(job, figures):
            self._judge(repeats)
        if "error" in figures or figures["stop_reason"] == "diverged":
            self._stop(repeats)  # its mean has no value any more
        if repeats.in_turn and not repeats.pruned and len(repeats.begun) < len(repeats.jobs):
            self._wait(repeats.jobs[len(repeats.begun)])
        if repeats.is_over:
            self._conclude(repeats)

    def abandon(self) -> None:
        """The search is broken off: what is open will be asked for again."""
        for number in list(self.open):
            self.ledger.abandon(number)
            del self.open[number]

    @property
    def has_failed(self) -> bool:
        """Whether more trials have failed than may."""
        return self.failures > self.plan.max_failure_rate * self.plan.n_trials

    def _is_through(self, key: str) -> bool:
        """Whether the stack with this key gets no more trials, so that others have their turn."""
        if self.turns is None:
            return sum(map(len, self._waiting.values())) >= ASKED * self._slots * self.plan.repeats
        return bool(self.turns.splitting) and self._asked >= min(ASKED * self._slots, self.turns.trials)

    def _ask(self, held: Mapping[str, Any]) -> bool:
        """A new trial, whose jobs wait from here on, or which has failed; False if there is to be none."""
        plan, now = self.plan, time.monotonic()
        full = len(self.ledger.counted) + len(self.open) >= plan.n_trials
        if full or self.has_failed or (self._ends is not None and now > self._ends):
            return False
        trial = self.ledger.ask(self.space.searched, held)
        self._asked += 1
        try:
            self.extend(trial)
            jobs = self._jobs(trial)
        except Exception as error:  # settings that contradict each other, or a user's function
            self.ledger.begin(trial)
            self._tell(trial, TrialOutcome(TrialState.FAIL, attrs={"reason": f"{type(error).__name__}: {error}"}))
            self.lost(trial.number)
            return True
        self.ledger.begin(trial)
        direction = plan.directions[0]
        self.open[trial.number] = SeededTrial(trial, jobs, plan.objectives, direction, plan.in_turn)
        for job in jobs[:1] if plan.in_turn else jobs:
            self._wait(job)
        return True

    def _jobs(self, trial: optuna.Trial) -> list[Job]:
        overrides = self.space.overrides(trial.params)
        first = trial.number * self.plan.repeats
        if self.plan.repeats == 1:
            return [Job(first, self.compose(overrides, first), tuple(overrides))]
        return [
            Job(first + repeat, self.compose(given, first + repeat), tuple(given))
            for repeat in range(self.plan.repeats)
            for given in [[*overrides, f"seed={self.seed + repeat}"]]
        ]

    def _wait(self, job: Job) -> None:
        key, params = self.key_of(job.run), self.open[self._trial_of(job)].trial.params
        self._waiting.setdefault(key, deque()).append(job)
        self._like.setdefault(
            key, {name: params[name] for name in self.turns.splitting if name in params} if self.turns else {}
        )

    def _trial_of(self, job: Job) -> int:
        return job.number // self.plan.repeats

    def _judge(self, repeats: SeededTrial) -> None:
        if not repeats.pruned and repeats.trial.should_prune():
            self._stop(repeats)

    def _stop(self, repeats: SeededTrial) -> None:
        repeats.pruned = True
        for key, jobs in self._waiting.items():
            self._waiting[key] = deque(job for job in jobs if job not in repeats.jobs)

    def _conclude(self, repeats: SeededTrial) -> None:
        ending = repeats.ending(self.plan.bounds)
        del self.open[repeats.trial.number]
        self._tell(repeats.trial, ending)

    def _tell(self, trial: optuna.Trial, ending: TrialOutcome) -> None:
        if ending.state == TrialState.FAIL:
            self.failures += 1
            log.warning("trial %d failed: %s", trial.number, ending.attrs["reason"])
        self.ledger.tell(trial, ending)
        self.later(lambda: self.ledger.keep(trial.number))


def _figures(trained: Any) -> dict[str, Any]:
    progress = trained.progress
    figures = figures_at_best(progress.history, progress.best_epoch, trained.num_params)
    return {**figures, "stop_reason": progress.stop_reason}
