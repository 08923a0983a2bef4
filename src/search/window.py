"""What samplers and pruners see of a long study: so many of its trials that the next costs what the first ones cost."""

import heapq
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

SEEN = 800  # trials; to ask TPE for one takes 8 ms when it sees 250 trials, and 27 ms when it sees 1,100
BEST = 200  # of these, in a study of one objective
Chosen = Callable[[Study, Sequence[FrozenTrial]], list[FrozenTrial]]


def latest(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The last `SEEN`."""
    return list(trials[-SEEN:])


def best_and_latest(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The `BEST` complete ones and the latest of the others, by number; all of a study of several objectives.

    As TPE ranks them, one that is against constraints is worse than any other, by how far.
    """
    if len(trials) <= SEEN or len(study.directions) > 1:
        return list(trials)
    sign = 1.0 if study.direction == StudyDirection.MINIMIZE else -1.0
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    ranked = ((_excess(trial), sign * trial.values[0], trial.number) for trial in complete)
    best = {number for *_, number in heapq.nsmallest(BEST, ranked)}
    others = [trial for trial in trials[-SEEN:] if trial.number not in best][-(SEEN - len(best)) :]
    chosen = best | {trial.number for trial in others}
    return [trial for trial in trials if trial.number in chosen]


def _excess(trial: FrozenTrial) -> float:
    return sum(max(0.0, value) for value in trial.constraints.values())


class View:
    """`study` as it is now, of whose trials those that are `chosen` are seen."""

    def __init__(self, study: Study, chosen: Chosen) -> None:
        self._study, self._chosen = study, chosen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True, states: Any = None) -> list[FrozenTrial]:
        """As a study has it."""
        return [trial for trial in self._trials if states is None or trial.state in states]

    @cached_property
    def _trials(self) -> list[FrozenTrial]:
        return self._chosen(self._study, self._study.get_trials(deepcopy=False))

    def _get_trials(self, deepcopy: bool = True, states: Any = None, use_cache: bool = False) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)  # what Optuna's own samplers call


class WindowedSampler(BaseSampler):
    """`sampler`, which sees the best and the latest of the trials before the one that it samples."""

    def __init__(self, sampler: BaseSampler) -> None:
        self.sampler = sampler
        self._view: tuple[int, View] | None = None  # of the trial that was seen to last

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self.sampler.infer_relative_search_space(self._seen(study, trial), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.sampler.sample_relative(self._seen(study, trial), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self.sampler.sample_independent(self._seen(study, trial), trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self.sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        self.sampler.reseed_rng()

    def _seen(self, study: Study, trial: FrozenTrial) -> Study:
        if self._view is None or self._view[0] != trial.number:
            self._view = trial.number, View(study, best_and_latest)
        return self._view[1]  # type: ignore[return-value]


class WindowedPruner(BasePruner):
    """`pruner`, which compares with the latest trials."""

    def __init__(self, pruner: BasePruner) -> None:
        self.pruner = pruner

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        return self.pruner.prune(View(study, latest), trial)  # type: ignore[arg-type]
