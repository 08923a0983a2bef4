"""What samplers and pruners see of a long study: so many of its trials that the next costs what the first ones cost."""

from bisect import insort
from collections.abc import Hashable, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from src.search.gaussian_process import GaussianProcess
from src.search.view import View

SEEN = 400  # trials
BEST = 100  # of these; TPE samples about the best 25 at most
PARTIAL = (TPESampler, GaussianProcess)  # samplers that need not see all trials to sample one
SHARED = (*PARTIAL, CmaEsSampler, NSGAIISampler)  # that ask for the space which all trials share, to sample in it
Ranked = tuple[float, tuple[float, ...], int]  # of a trial: how far it is against constraints, its losses, its number


class Window:
    """Of a study that grows, of which each trial is looked at once, when it has ended: the best trials, and the spaces."""

    def __init__(self) -> None:
        self._open: list[int] = []  # that had not ended at the last look
        self._num_seen = 0
        self._best: list[Ranked] = []
        self._spaces: dict[Hashable, FrozenTrial] = {}

    def best_and_latest(self, study: Study) -> list[FrozenTrial]:
        """The `BEST` complete trials and the latest of the others, by number.

        As TPE ranks them, one that is against constraints is worse than any other, by how far. Of several objectives the
        best are those that no other one beats in all.
        """
        trials = self._look(study)
        if len(trials) <= SEEN:
            return trials
        best = {number for *_, number in self._best}
        others = [trial.number for trial in trials[-SEEN:] if trial.number not in best]
        return [trials[number] for number in sorted(best.union(others[-(SEEN - len(best)) :]))]

    def spaces(self, study: Study) -> list[FrozenTrial]:
        """One trial that ended of each space that was searched: together they have the space that all of them share."""
        self._look(study)
        return list(self._spaces.values())

    def _look(self, study: Study) -> list[FrozenTrial]:
        trials = study.get_trials(deepcopy=False)
        news = [trials[number] for number in (*self._open, *range(self._num_seen, len(trials)))]
        self._open, self._num_seen = [trial.number for trial in news if not trial.state.is_finished()], len(trials)
        signs = [1.0 if direction == StudyDirection.MINIMIZE else -1.0 for direction in study.directions]
        for trial in news:
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                self._spaces.setdefault((trial.state, frozenset(trial.distributions.items())), trial)
            if trial.state == TrialState.COMPLETE:
                losses = tuple(sign * value for sign, value in zip(signs, trial.values, strict=True))
                self._rank((_excess(trial), losses, trial.number))
        return trials

    def _rank(self, new: Ranked) -> None:
        _, losses, _ = new
        if len(losses) > 1:
            if any(_beats(other, new) for other in self._best):
                return
            self._best = [other for other in self._best if not _beats(new, other)][-(BEST - 1) :]
        insort(self._best, new, key=lambda ranked: ranked[-1] if len(losses) > 1 else ranked)
        del self._best[BEST:]


def _excess(trial: FrozenTrial) -> float:
    return sum(max(0.0, value) for value in trial.constraints.values())


def _beats(one: Ranked, other: Ranked) -> bool:
    """Whether one trial is nearer to the constraints, or as near and no worse in any objective, better in one."""
    if one[0] != other[0]:
        return one[0] < other[0]
    return one[1] != other[1] and all(mine <= its for mine, its in zip(one[1], other[1], strict=True))


def within(window: Window, sampler: BaseSampler) -> BaseSampler:
    """`sampler`, which looks at the study through `window` if it is one of those that can."""
    return WindowedSampler(sampler, window) if type(sampler) in SHARED else sampler


class WindowedSampler(BaseSampler):
    """`sampler`, which sees through `window` what it needs of the trials before the one that it samples."""

    def __init__(self, sampler: BaseSampler, window: Window) -> None:
        self.sampler, self.window = sampler, window
        self._view: tuple[int, View] | None = None  # of the trial that was seen to last

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        spaces: Any = View(study, self.window.spaces)
        return self.sampler.infer_relative_search_space(spaces, trial)

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
        if not isinstance(self.sampler, PARTIAL):
            return study
        if self._view is None or self._view[0] != trial.number:
            self._view = trial.number, View(study, self.window.best_and_latest)
        return self._view[1]  # type: ignore[return-value]


class WindowedPruner(BasePruner):
    """`pruner`, which compares with the latest trials."""

    def __init__(self, pruner: BasePruner) -> None:
        self.pruner = pruner

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        latest: Any = View(study, lambda study: study.get_trials(deepcopy=False)[-SEEN:])
        return self.pruner.prune(latest, trial)
