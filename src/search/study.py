"""The trials of a study: asked for and told in one Optuna study, on a storage that outlives the process."""

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from src import runs
from src.metrics import Direction
from src.runs.background import Background
from src.runs.heartbeat import Heartbeat
from src.search.held import HeldStorage
from src.search.samplers import holding
from src.search.seeded_trial import TrialOutcome
from src.search.window import Window, WindowedPruner, within

optuna.logging.set_verbosity(optuna.logging.WARNING)

OWNER = "owner"  # user attributes of a trial: who trains it,
REAPED = "reaped"  # and whether its owner died without an end: such a trial is enqueued again, and does not count
DRIVER = "driver"  # of a study in a database: who goes on with it, and when that was seen last


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that have ended, less what was reaped."""
    trials = study.get_trials(deepcopy=False)
    return [trial for trial in trials if trial.state.is_finished() and not trial.user_attrs.get(REAPED)]


class Trials:
    """The trials of study `name`. `sampler` builds that of a trial's number, so that a search goes on as it began.

    What is asked and told is known at once. Where the storage is kept, a trial is before it is trained, and its end, which
    is written in `background`, after the records of its runs. Raises ValueError for other directions than the study has.
    """

    def __init__(
        self,
        storage: HeldStorage,
        name: str,
        directions: Sequence[Direction],
        *,
        sampler: Callable[[int], BaseSampler],
        pruner: BasePruner,
        background: Background,
    ) -> None:
        pruner = WindowedPruner(pruner)
        self.storage, self.sampler, self.background = storage, sampler, background
        if name in optuna.get_all_study_names(storage):
            self.study = optuna.load_study(study_name=name, storage=storage, pruner=pruner)
        else:
            self.study = optuna.create_study(
                study_name=name, storage=storage, directions=list(directions), pruner=pruner
            )
        before = [direction.name.lower() for direction in self.study.directions]
        if before != list(directions):
            raise ValueError(
                f"hydra.sweeper.direction: must stay {', '.join(before)} in study {name}, but got {list(directions)}."
            )
        self._window = Window()
        self._is_asking = False
        self._num_counted: int | None = None
        self._heartbeat: Heartbeat | None = None
        self.is_through = False  # by what its sampler says
        self.study.stop = self._stop  # type: ignore[method-assign]  # Optuna's own is for study.optimize

    def load(self, ended: Callable[[Trial], TrialOutcome | None]) -> list[FrozenTrial]:
        """Settle what processes that died left open; gives the trials that were reaped.

        `ended`: how a trial ended of which the storage was not told, if its records tell; else it is reaped. Raises
        ValueError if a living process works on a trial of this study.
        """
        orphans = [trial for trial in self.all if trial.state == TrialState.RUNNING]
        for trial in orphans:
            if runs.lives(owner := trial.user_attrs.get(OWNER, {}), self._seen_seconds(owner)):
                raise ValueError(
                    f"study {self.study.study_name}: a trial must have one owner, but got a second for trial {trial.number} "
                    f"while process {owner['pid']} on {owner['host']} is at it."
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a part of it has been told already
            reaped = [orphan.number for orphan in orphans if not self._settle(orphan.number, ended)]
        self._write()
        if self.storage.is_shared:  # a journal lies in the search's folder, which has an owner
            self._beat()
            self._heartbeat = Heartbeat(self._beat)
        trials = self.all
        return [trials[number] for number in reaped]

    @property
    def all(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self.study.get_trials(deepcopy=False)

    @property
    def num_counted(self) -> int:
        """How many have ended, less what was reaped: known without a look at all of them."""
        if self._num_counted is None:
            self._num_counted = len(self.counted)
        return self._num_counted

    @property
    def counted(self) -> list[FrozenTrial]:
        """Those that have ended, less what was reaped."""
        return counted(self.study)

    def ask(self, space: Mapping[str, BaseDistribution], fixed: Mapping[str, Any]) -> Trial:
        """A new trial in `space`, its parameters `fixed` where they are named there; `begin` is to follow."""
        self._is_asking = True
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        number = waiting[0].number if waiting else len(self.all)
        sampler = within(self._window, self.sampler(number))
        self.study.sampler = holding(sampler, fixed) if fixed else sampler
        return self.study.ask(dict(space))

    def begin(self, trial: Trial) -> None:
        """This process is at it from here on."""
        trial.set_user_attr(OWNER, runs.this_process())
        self._is_asking = False
        self._write()

    def tell(self, trial: Trial, outcome: TrialOutcome) -> None:
        """A trial ended, and the records of its runs are on their way through `background`."""
        self._tell(trial, outcome)
        self.background.submit(self.storage.taken())

    def abandon(self, trial: Trial) -> None:
        """A trial that is broken off: it is enqueued again, and does not count."""
        self._reap(trial)
        self._write()

    def close(self) -> None:
        """Nothing more goes to the storage. A trial that was being asked for, if that was broken off, is reaped."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        mine = runs.this_process()
        for trial in self.all:
            if trial.state == TrialState.RUNNING and trial.user_attrs.get(OWNER, mine) == mine:
                self._reap(self._reopened(trial.number))
        self._is_asking = False
        self._write()
        self.storage.close()

    def _stop(self) -> None:
        self.is_through = True

    def _settle(self, number: int, ended: Callable[[Trial], TrialOutcome | None]) -> bool:
        """Tell the end of a trial whose process died; False if it had none."""
        trial = self._reopened(number)
        outcome = ended(trial)
        if outcome is None:
            self._reap(trial)
        else:
            self._tell(trial, outcome)
        return outcome is not None

    def _tell(self, trial: Trial, outcome: TrialOutcome) -> None:
        for key, value in outcome.attrs.items():
            trial.set_user_attr(key, value)
        for name, excess in outcome.constraints.items():
            trial.set_constraint(name, excess)
        self.study.sampler = self.sampler(trial.number)
        self._num_counted = self.num_counted + 1
        self.study.tell(trial, outcome.values, state=outcome.state)

    def _reap(self, trial: Trial) -> None:
        trial.set_user_attr(REAPED, True)
        self.study.sampler = self.sampler(trial.number)
        self.study.tell(trial, state=TrialState.FAIL)
        if OWNER in trial.user_attrs:  # else it died before all its parameters were drawn
            self.study.enqueue_trial(trial.params)

    def _reopened(self, number: int) -> Trial:
        """The trial of a process that died."""
        study_id = self.storage.get_study_id_from_name(self.study.study_name)
        self.study.sampler = self.sampler(number)
        return Trial(self.study, self.storage.get_trial_id_from_study_id_trial_number(study_id, number))

    def _beat(self) -> None:
        """A sign of life for processes elsewhere that share the storage."""
        self.study.set_user_attr(DRIVER, {"process": runs.this_process(), "seen": time.time()})

    def _seen_seconds(self, owner: Mapping[str, Any]) -> float:
        """How long ago the owner of a trial gave a sign of life."""
        driver = self.study.user_attrs.get(DRIVER, {})
        return time.time() - driver["seen"] if driver.get("process") == owner else math.inf

    def _write(self) -> None:
        """What has changed is kept after this; of a trial that is half asked for nothing, as if killed there."""
        if not self._is_asking:
            self.storage.taken()()
