"""The end of a multirun that neither its launcher nor its sweeper concludes."""

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class Conclude(Callback):
    """Folds the jobs into a leaderboard."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        from hydra_plugins.optuna_sweeper import OptunaSweeper
        from hydra_plugins.stacked_launcher import StackedLauncher, comes_whole

        if str(config.hydra.sweeper._target_).endswith(OptunaSweeper.__name__):
            return
        if str(config.hydra.launcher._target_).endswith(StackedLauncher.__name__) and comes_whole(config):
            return
        from src.config.errors import report_errors

        with report_errors():
            from src.sweep.summary import summarise_multirun

            summarise_multirun(Path(str(config.hydra.sweep.dir)))
