"""A study as samplers and pruners are to see it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from optuna import Study
from optuna.trial import FrozenTrial


class View:
    """`study` as it is now, of whose trials those that are `chosen` are seen."""

    def __init__(self, study: Study, chosen: Callable[[Study], Sequence[FrozenTrial]]) -> None:
        self._study, self._chosen = study, chosen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True, states: Any = None) -> list[FrozenTrial]:
        """As a study has it."""
        return [trial for trial in self._trials if states is None or trial.state in states]

    @cached_property
    def _trials(self) -> Sequence[FrozenTrial]:
        return self._chosen(self._study)

    def _get_trials(self, deepcopy: bool = True, states: Any = None, use_cache: bool = False) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)  # what Optuna's own samplers call
