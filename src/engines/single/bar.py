"""What a person sees while a run trains: a bar of its epochs, or a line for each where there is no terminal."""

import logging
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar as LightningBar
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from src.bars import Place, below_bar, is_notebook
from src.runs.progress import Progress

LONG_SECONDS = 2.0  # an epoch that takes longer shows its batches

log = logging.getLogger(__name__)


class Bar(LightningBar):
    """Shows how far `progress` has come, its losses, the best epoch and the time that is left, within 80 columns."""

    def __init__(self, progress: Progress, console: Console) -> None:
        super().__init__()
        self.progress, self.console = progress, console
        self.bar = RichProgress(
            TextColumn("{task.description}"),
            MofNCompleteColumn(),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=console,
            refresh_per_second=4,
            expand=True,
            disable=not console.is_terminal,
        )
        self._place, self._placed = Place() if is_notebook() else None, 0.0
        self.epochs = self.bar.add_task("epoch", total=progress.epochs, figures="")
        self.batches = self.bar.add_task("batch", figures="", visible=False)

    def disable(self) -> None:
        self.bar.disable = True

    def enable(self) -> None:
        self.bar.disable = not self.console.is_terminal

    def print(self, *args: Any, **kwargs: Any) -> None:
        self.console.print(*args, **kwargs)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.update(self.epochs, completed=len(self.progress.history))
        self.bar.start()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = self._shown = time.monotonic()
        self.bar.reset(self.batches, total=int(trainer.num_training_batches), visible=False)

    def on_train_batch_end(self, *args: Any) -> None:
        now = time.monotonic()
        if now - self._shown > 0.25:
            self._shown = now
            self.bar.update(self.batches, completed=args[-1] + 1, visible=now - self._started > LONG_SECONDS)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        done, figures = len(self.progress.history), self._figures()
        log.info("epoch %d/%d  %s", done, self.progress.epochs, figures)
        self.bar.update(self.epochs, completed=done, figures=figures)
        if self._place is not None:
            self._show(self._place, done, figures)
        elif not self.console.is_terminal:
            self.console.print(f"epoch {done:>4}/{self.progress.epochs}  {figures}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.update(self.batches, visible=False)
        self.bar.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self.bar.stop()

    def _show(self, place: Place, done: int, figures: str) -> None:
        """In a notebook: the bar and the figures of the last epoch, a few times a second."""
        now, total = time.monotonic(), self.progress.epochs
        if now - self._placed > 0.25 or done == total or self.progress.stop_reason is not None:
            self._placed = now
            place.show(below_bar(done, total, f"epoch {done}/{total}  {figures}"))

    def _figures(self) -> str:
        row, objective = self.progress.history[-1], self.progress.objective.name
        names = {objective: objective.removeprefix("val/"), "train/loss": "train", "val/loss": "val"}
        shown = [f"{short} {row[name]:.4g}" for name, short in names.items()]
        best = [] if self.progress.keeps_last else [f"best {self.progress.best_epoch}"]
        return "  ".join([*shown, *best])
