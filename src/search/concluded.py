"""A search that is through, started again: its end is said once more, in time that does not grow with its trials' records."""

from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial
from rich.console import Console

from src.runs.files import SWEEP
from src.search.results import best_trials, tell_best
from src.search.storage import open_storage
from src.search.study import counted
from src.sweep.summary import has_all, tell_again

OVER = "{folder}: all {n_trials} trials have ended; a larger hydra.sweeper.n_trials goes on."


def told_again(
    folder: Path, url: str | None, n_trials: int, check: Callable[[optuna.Study], None], console: Console
) -> FrozenTrial | None:
    """The best trial of a search that is through and of which MLflow, if it is to be told, has all; None if it is not.

    `url` of its storage; `check` raises where the study is another than the one that is asked for.
    """
    if not (folder / SWEEP).is_file():
        return None
    storage = open_storage(url, folder, folder.name)
    try:
        if folder.name not in optuna.get_all_study_names(storage):
            return None
        study = optuna.load_study(study_name=folder.name, storage=storage)
        check(study)
        best = best_trials(study)
        if len(counted(study)) < n_trials or not best or not has_all(folder):
            return None
        console.print(OVER.format(folder=folder, n_trials=n_trials))
        tell_best(folder, best[0], console)
        tell_again(folder, console)
        return best[0]
    finally:
        storage.close()
