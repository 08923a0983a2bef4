"""How far a run has come: its history, its best epoch, and why it stopped."""

import math
from dataclasses import dataclass, field
from typing import Any

from src.runs.objective import Objective
from src.runs.stop_reason import StopReason


@dataclass
class Progress:
    """The epochs of a run so far, judged by `objective`; `epochs` and `patience` say when it ends.

    `best_epoch`: the one whose weights are kept; where the last are to be, `keeps_last`, the last whose losses are finite.
    `stop_reason` is None while the run goes on. `rank_seconds`: what this start took of the processor of each of several.
    """

    objective: Objective
    epochs: int
    patience: int | None
    keeps_last: bool = False
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int | None = None
    stop_reason: StopReason | None = None
    rank_seconds: list[float] = field(default_factory=list)

    def add(self, row: dict[str, float]) -> bool:
        """Judge the next epoch; True if its weights are to be kept."""
        self.history.append(row)
        epoch, value = len(self.history), row[self.objective.name]
        if not (math.isfinite(row["train/loss"]) and math.isfinite(row["val/loss"])):
            self.stop_reason = StopReason.DIVERGED
            return False
        better = self.keeps_last or self.best_epoch is None or self.objective.is_better(value, self.best_value)
        if better:
            self.best_epoch = epoch
        if epoch == self.epochs:
            self.stop_reason = StopReason.EPOCHS
        elif self.patience is not None and epoch - (self.best_epoch or 0) >= self.patience:
            self.stop_reason = StopReason.PATIENCE
        return better

    @property
    def best_value(self) -> float:
        """The objective at the best epoch; NaN before there is one."""
        return math.nan if self.best_epoch is None else self.history[self.best_epoch - 1][self.objective.name]

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds of it: plain values."""
        return {
            "history": list(self.history),
            "best_epoch": self.best_epoch,
            "stop_reason": self.stop_reason.value if self.stop_reason else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.history = list(state["history"])
        self.best_epoch, reason = state["best_epoch"], state["stop_reason"]
        self.stop_reason = StopReason(reason) if reason else None
