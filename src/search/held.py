"""A study held in memory: what Optuna asks of it waits for no file and no database, and costs the same after many trials."""

import copy
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, TrialState


class Operations(BaseJournalBackend):
    """What a storage is told, which it reads back once, in order."""

    def __init__(self, known: Iterable[dict[str, Any]] = ()) -> None:
        self._unread = deque(known)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Whatever has not been read."""
        while self._unread:
            yield self._unread.popleft()

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._unread.extend(logs)


class HeldStorage(JournalStorage):
    """Optuna's storage of one study, in memory; what extends it keeps it elsewhere too."""

    is_shared = False  # whether it lies where processes elsewhere use it

    def __init__(self, operations: Operations) -> None:
        super().__init__(operations)
        self._trials: list[FrozenTrial] = []
        for study in self.get_all_studies():
            self._trials += super().get_all_trials(study._study_id, deepcopy=False)
        self._open = [trial.number for trial in self._trials if not trial.state.is_finished()]

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        number = super().create_new_trial(study_id, template_trial)
        self._trials.append(self.get_trial(number))
        self._open.append(number)
        return number

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """As Optuna's, which looks at every trial each time; what has ended stays as it is."""
        for number in self._open:
            self._trials[number] = self.get_trial(number)
        self._open = [number for number in self._open if not self._trials[number].state.is_finished()]
        trials = self._trials.copy()
        if states is not None:
            is_open = not any(state in states for state in TrialState if state.is_finished())
            among = [trials[number] for number in self._open] if is_open else trials
            trials = [trial for trial in among if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    def taken(self) -> Callable[[], None]:
        """What has changed since the last time, as a call that writes it where it is kept, from any thread."""
        return lambda: None

    def hurry(self) -> None:
        """The search is broken off: whoever waits to write does not wait long."""

    def close(self) -> None:
        """Nothing more is written."""
