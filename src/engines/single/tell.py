"""Whoever listens hears of each epoch once it is committed."""

from collections.abc import Callable, Mapping

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.strategies import Strategy

from src.engines.single.judge import stop
from src.runs.progress import Progress
from src.runs.stop_reason import StopReason

OnEpoch = Callable[[Mapping[str, float]], bool]


class Tell(Checkpoint):
    """Tells `on_epoch` each row of the history; False prunes the run.

    Lightning calls what is a Checkpoint last and in the order given: this one stands behind the commit.
    """

    def __init__(self, progress: Progress, on_epoch: OnEpoch) -> None:
        self.progress, self.on_epoch = progress, on_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.tell(self.progress.history[-1], trainer.strategy)
        if self.progress.stop_reason is not None:
            stop(trainer)

    def tell(self, row: Mapping[str, float], strategy: Strategy | None = None) -> None:
        """One row, which may be of an earlier start. By `strategy` all processes do as the first one is told."""
        goes_on = self.on_epoch(row)
        if strategy is not None:
            goes_on = strategy.broadcast(goes_on)
        if not goes_on and self.progress.stop_reason is None:
            self.progress.stop_reason = StopReason.PRUNED
