"""The end of a multirun, whichever launcher ran it."""

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class Conclude(Callback):
    """Folds the jobs into a leaderboard."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        from src.errors import told

        with told():
            from rich.console import Console

            from src.sweep.conclusion import conclude_sweep

            conclude_sweep(Path(str(config.hydra.sweep.dir)), Console())
