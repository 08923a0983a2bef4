"""What a person sees while a run trains: a bar with losses and ETA, or a line per epoch where there is no terminal."""

import logging
from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from src.single.commit import Commit

log = logging.getLogger(__name__)


class EpochProgress(pl.Callback):
    """Shows `commit`'s history as it grows; must stand after it in the list of callbacks."""

    def __init__(self, commit: Commit, *, epochs: int, console: Console) -> None:
        self.commit, self.epochs, self.console = commit, epochs, console
        self.bar = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[losses]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            refresh_per_second=4,
        )

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.is_global_zero and self.console.is_terminal:
            self.bar.start()
            done = len(self.commit.history_)
            self.task = self.bar.add_task("train", total=self.epochs, completed=done, losses=self._losses())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        log.info("epoch %d/%d  %s", len(self.commit.history_), self.epochs, self._losses())
        if not trainer.is_global_zero:
            return
        if self.console.is_terminal:
            self.bar.update(self.task, completed=len(self.commit.history_), losses=self._losses())
        else:
            self.console.print(f"epoch {len(self.commit.history_):>4}/{self.epochs}  {self._losses()}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self.bar.stop()

    def _losses(self) -> str:
        if not self.commit.history_:
            return ""
        row: dict[str, Any] = self.commit.history_[-1]
        shown = [f"{name} {row[name]:.4f}" for name in ("train/loss", "val/loss", self.commit.objective) if name in row]
        return "  ".join([*dict.fromkeys(shown), f"best epoch {self.commit.best_epoch_}"])
