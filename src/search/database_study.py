"""A study in a database, held in memory by its one driver: what changes is written there, mostly behind it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optuna.storages import RDBStorage
from optuna.storages._rdb.models import TrialIntermediateValueModel, TrialModel
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import insert, select

from src.search.database import Database
from src.search.held import HeldStorage, Operations


class StudyInDatabase(HeldStorage):
    """Study `name` in `database`, as it is there now. What is said of the study itself is written at once.

    A trial is written when it is enqueued, when it begins and when it has ended, whole or not at all, and only then.
    """

    is_shared = True

    def __init__(self, database: Database, name: str) -> None:
        super().__init__(Operations())
        self.database = database
        self._states: dict[int, TrialState] = {}  # of trials that had not ended when they were taken
        self._num_taken = 0
        self._id: int | None = None  # there
        if (found := database.answered(lambda storage: _read(storage, name))) is not None:
            self._hold(*found)

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        self._id = self.database.answered(lambda storage: storage.create_new_study(directions, study_name))
        return super().create_new_study(directions, study_name)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        self.database.answered(lambda storage: storage.set_study_user_attr(self._there, key, value))
        super().set_study_user_attr(study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        self.database.answered(lambda storage: storage.set_study_system_attr(self._there, key, value))
        super().set_study_system_attr(study_id, key, value)

    def taken(self) -> Callable[[], None]:
        trials = [self.get_trial(number) for number in (*self._states, *range(self._num_taken, len(self._trials)))]
        changed = [trial for trial in trials if self._states.get(trial.number) != trial.state]
        self._states = {trial.number: trial.state for trial in trials if not trial.state.is_finished()}
        self._num_taken = len(self._trials)
        return lambda: self._write(changed)

    def hurry(self) -> None:
        self.database.hurry()

    def close(self) -> None:
        self.database.close()

    @property
    def _there(self) -> int:
        assert self._id is not None
        return self._id

    def _hold(self, study: FrozenStudy, trials: Sequence[FrozenTrial]) -> None:
        self._id = study._study_id
        here = super().create_new_study(study.directions, study.study_name)
        for key, value in study.user_attrs.items():
            super().set_study_user_attr(here, key, value)
        for key, value in study.system_attrs.items():
            super().set_study_system_attr(here, key, value)
        for trial in trials:
            self.create_new_trial(here, trial)
        self.taken()  # what is there is not written again

    def _write(self, trials: Sequence[FrozenTrial]) -> None:
        def write(storage: RDBStorage) -> None:
            for trial in trials:
                _write(storage, self._there, trial)

        if trials:
            self.database.answered(write)


def _read(storage: RDBStorage, name: str) -> tuple[FrozenStudy, list[FrozenTrial]] | None:
    for study in storage.get_all_studies():
        if study.study_name == name:
            return study, storage.get_all_trials(study._study_id, deepcopy=False)
    return None


def _write(storage: RDBStorage, study: int, trial: FrozenTrial) -> None:
    """A trial as it is, in place of what is there: also where it was written before, and the answer was lost."""
    with storage.scoped_session() as session:
        known = session.scalar(
            select(TrialModel.trial_id).where(TrialModel.study_id == study, TrialModel.number == trial.number)
        )
        if known is None:  # what Optuna's `create_new_trial` does, less its own tries after a loss
            storage._get_prepared_new_trial(study, trial, session)
            session.commit()
            return
    before = storage.get_trial(known)
    if before.state.is_finished():
        return
    for name in trial.params.keys() - before.params.keys():
        distribution = trial.distributions[name]
        storage.set_trial_param(known, name, distribution.to_internal_repr(trial.params[name]), distribution)
    for key, value in _news(before.user_attrs, trial.user_attrs):
        storage.set_trial_user_attr(known, key, value)
    for key, value in _news(before.system_attrs, trial.system_attrs):
        storage.set_trial_system_attr(known, key, value)
    _report(storage, known, _news(before.intermediate_values, trial.intermediate_values))
    storage.set_trial_state_values(known, trial.state, trial.values)


def _news(before: Mapping[Any, Any], now: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return [(key, value) for key, value in now.items() if key not in before or before[key] != value]


def _report(storage: RDBStorage, trial: int, values: Sequence[tuple[int, float]]) -> None:
    """All at once: Optuna's own way looks for each value first, which takes longer than all else that is written of a trial."""
    stored = TrialIntermediateValueModel.intermediate_value_to_stored_repr
    names = ("trial_id", "step", "intermediate_value", "intermediate_value_type")
    rows = [dict(zip(names, (trial, step, *stored(value)), strict=True)) for step, value in values]
    if rows:
        with storage.scoped_session() as session:
            session.execute(insert(TrialIntermediateValueModel), rows)
            session.commit()
