"""A study: in memory, where sampler and pruner work, and in a storage that outlives the process."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import optuna
from optuna import Study, Trial
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from src import runs
from src.search.samplers import holding
from src.search.seeded_trial import TrialOutcome
from src.search.storage import close_storage, together

optuna.logging.set_verbosity(optuna.logging.WARNING)

Direction = Literal["minimize", "maximize"]
OWNER = "owner"  # user attributes of a trial: who trains it,
REAPED = "reaped"  # and whether its owner died without an end: such a trial is enqueued again, and does not count


class Ledger:
    """The trials of study `name`. `sampler` builds that of a trial's number, so that a search goes on as it began.

    In memory each question of a sampler or pruner costs microseconds; the storage gets a trial as it begins and as it
    ends. `study` is the one in memory. Raises ValueError if a living process works on a trial of this study.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        directions: Sequence[Direction],
        *,
        sampler: Callable[[int], BaseSampler],
        pruner: BasePruner,
    ) -> None:
        self.storage, self.sampler = storage, sampler
        self.kept = optuna.create_study(
            storage=storage, study_name=name, directions=list(directions), load_if_exists=True
        )
        if [direction.name.lower() for direction in self.kept.directions] != list(directions):
            before = ", ".join(direction.name.lower() for direction in self.kept.directions)
            raise ValueError(
                f"hydra.sweeper.direction: must stay {before} in study {name}, but got {list(directions)}."
            )
        self.study: Study = optuna.create_study(study_name=name, directions=list(directions), pruner=pruner)
        self._ids: dict[int, int] = {}  # of trials in the storage, by number
        self._study_attrs: dict[str, Any] = {}

    def load(self, ended: Callable[[Trial], TrialOutcome | None]) -> list[FrozenTrial]:
        """Take over what the storage has; gives the trials that were reaped.

        `ended`: of a trial whose owner died, how it ended nevertheless, if its records tell; else it is reaped.
        """
        trials = self.kept.get_trials(deepcopy=False)
        orphans = [trial for trial in trials if trial.state == TrialState.RUNNING]
        for trial in orphans:
            if runs.lives(owner := trial.user_attrs.get(OWNER, {})):
                raise ValueError(
                    f"study {self.kept.study_name}: a trial must have one owner, but got a second for trial {trial.number} "
                    f"while process {owner['pid']} on {owner['host']} is at it."
                )
        for trial in trials:
            self._ids[trial.number] = trial._trial_id
            self.study.add_trial(trial)
        self._study_attrs = self.storage.get_study_system_attrs(self.kept._study_id)
        for key, value in self._study_attrs.items():
            self.study._storage.set_study_system_attr(self.study._study_id, key, value)
        reaped = []
        for number in [trial.number for trial in orphans]:
            open_trial = Trial(self.study, self.trials[number]._trial_id)
            if (ending := ended(open_trial)) is not None:
                self.tell(open_trial, ending)
                self.keep(number)
            else:
                self.abandon(number)
                reaped.append(self.trials[number])
        return reaped

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self.study.get_trials(deepcopy=False)

    @property
    def counted(self) -> list[FrozenTrial]:
        """Those that have ended, less what was reaped."""
        return [trial for trial in self.trials if trial.state.is_finished() and not trial.user_attrs.get(REAPED)]

    def ask(self, space: Mapping[str, BaseDistribution], fixed: Mapping[str, Any]) -> Trial:
        """A new trial in `space`, its parameters `fixed` where they are named there; `begin` lets the storage know."""
        number = next((t.number for t in self.trials if t.state == TrialState.WAITING), len(self.trials))
        sampler = self.sampler(number)
        if fixed:
            sampler = holding(sampler, fixed)
        self.study.sampler = sampler
        return self.study.ask(dict(space))

    def begin(self, trial: Trial) -> None:
        """This process is at it from here on."""
        trial.set_user_attr(OWNER, runs.this_process())
        self._write_begin(trial.number)

    def tell(self, trial: Trial, ending: TrialOutcome) -> None:
        """A trial ended, for those that sample and prune; `keep` lets the storage know."""
        for key, value in ending.attrs.items():
            trial.set_user_attr(key, value)
        for name, excess in ending.constraints.items():
            trial.set_constraint(name, excess)
        self.study.sampler = self.sampler(trial.number)
        self.study.tell(trial, ending.values, state=ending.state)

    def keep(self, number: int) -> None:
        """The storage knows the end of a trial from here on."""
        self._write_end(self.trials[number])

    def abandon(self, number: int) -> None:
        """A trial that is broken off: it is enqueued again, and does not count."""
        trial = self.trials[number]
        self.study._storage.set_trial_user_attr(trial._trial_id, REAPED, True)
        self.study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        self._write_end(self.trials[number])
        self._enqueue(trial.params)

    def close(self) -> None:
        """Nothing more goes to the storage."""
        close_storage(self.storage)

    def _enqueue(self, params: dict[str, Any]) -> None:
        for study in (self.study, self.kept):
            study.enqueue_trial(params)
        self._ids[len(self.trials) - 1] = self.kept.get_trials(deepcopy=False)[-1]._trial_id

    def _write_begin(self, number: int) -> None:
        trial = self.trials[number]
        if number not in self._ids:
            self._ids[number] = self.storage.create_new_trial(self.kept._study_id, template_trial=trial)
        else:  # it was enqueued
            its_id = self._ids[number]
            self.storage.set_trial_state_values(its_id, TrialState.RUNNING)
            with together(self.storage):
                for name, distribution in trial.distributions.items():
                    value = distribution.to_internal_repr(trial.params[name])
                    self.storage.set_trial_param(its_id, name, value, distribution)
                for key, value in trial.user_attrs.items():
                    self.storage.set_trial_user_attr(its_id, key, value)
        self._write_study_attrs()

    def _write_end(self, trial: FrozenTrial) -> None:
        its_id = self._ids[trial.number]
        known = self.storage.get_trial(its_id)
        with together(self.storage):
            for step, value in trial.intermediate_values.items():
                self.storage.set_trial_intermediate_value(its_id, step, value)
            for key, value in trial.system_attrs.items():
                if known.system_attrs.get(key) != value:
                    self.storage.set_trial_system_attr(its_id, key, value)
            for key, value in trial.user_attrs.items():
                if known.user_attrs.get(key) != value:
                    self.storage.set_trial_user_attr(its_id, key, value)
            self.storage.set_trial_state_values(its_id, trial.state, trial.values)
        self._write_study_attrs()

    def _write_study_attrs(self) -> None:
        """What samplers note of the study as a whole."""
        now = dict(self.study._storage.get_study_system_attrs(self.study._study_id))
        for key, value in now.items():
            if self._study_attrs.get(key) != value:
                self.storage.set_study_system_attr(self.kept._study_id, key, value)
        self._study_attrs = now
