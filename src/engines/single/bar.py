"""What a person sees while a run trains: a bar with losses and ETA, or a line per epoch where there is no terminal."""

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

log = logging.getLogger(__name__)


class EpochProgress:
    """Shows a run of `epochs` while it is open; `show` after each epoch."""

    def __init__(self, epochs: int, objective: str, console: Console) -> None:
        self.epochs, self.objective, self.console = epochs, objective, console
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
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("train", total=epochs, losses="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def show(self, history: Sequence[dict[str, float]], best_epoch: int | None) -> None:
        """The history so far, best epoch included."""
        row = history[-1]
        shown = [f"{name} {row[name]:.4f}" for name in dict.fromkeys(("train/loss", "val/loss", self.objective))]
        losses = "  ".join([*shown, f"best epoch {best_epoch}"])
        log.info("epoch %d/%d  %s", len(history), self.epochs, losses)
        if self.console.is_terminal:
            self.bar.update(self.task, completed=len(history), losses=losses)
        else:
            self.console.print(f"epoch {len(history):>4}/{self.epochs}  {losses}")
