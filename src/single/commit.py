"""One commit per epoch: history, best weights and position, written by one rename."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch import Tensor

from src.runs import CHECKPOINT, HISTORY, write_text
from src.single.learner import Learner


class Commit(pl.Callback):
    """Judges each epoch by `objective`, keeps the best weights, stops the run, and commits all of it to `folder`.

    `stop_reason_` is None while the run goes on, then patience, epochs or diverged. `on_commit` is called after each commit.
    """

    def __init__(
        self,
        folder: Path,
        *,
        objective: str,
        direction: str,
        patience: int | None,
        epochs: int,
        on_commit: Callable[[], None],
    ) -> None:
        self.folder, self.on_commit = folder, on_commit
        self.objective, self.sign = objective, 1.0 if direction == "minimize" else -1.0
        self.patience, self.epochs = patience, epochs
        self.history_: list[dict[str, float]] = []
        self.best_epoch_: int | None = None
        self.best_weights_: dict[str, Tensor] = {}
        self.stop_reason_: str | None = None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, Learner)
        lr = pl_module.lr(trainer.global_step - 1)
        self.history_.append({"epoch": trainer.current_epoch + 1, **pl_module.figures_, "lr": lr})
        self._judge(pl_module)
        trainer.should_stop = self.stop_reason_ is not None
        self._write(trainer)
        self.on_commit()

    def state_dict(self) -> dict[str, Any]:
        return {
            "history": self.history_,
            "best_epoch": self.best_epoch_,
            "best_weights": self.best_weights_,
            "stop_reason": self.stop_reason_,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history_, self.best_epoch_ = state_dict["history"], state_dict["best_epoch"]
        self.best_weights_, self.stop_reason_ = state_dict["best_weights"], state_dict["stop_reason"]

    @property
    def best_value_(self) -> float:
        """The objective at the best epoch; NaN before there is one."""
        return math.nan if self.best_epoch_ is None else self.history_[self.best_epoch_ - 1][self.objective]

    def _judge(self, learner: Learner) -> None:
        row = self.history_[-1]
        epoch, value = int(row["epoch"]), row[self.objective]
        if not (math.isfinite(row["train/loss"]) and math.isfinite(row["val/loss"])):
            self.stop_reason_ = "diverged"
            return
        if self.best_epoch_ is None or self.sign * value < self.sign * self.best_value_:
            self.best_epoch_ = epoch
            self.best_weights_ = {name: tensor.detach().clone() for name, tensor in learner.model.state_dict().items()}
        if epoch == self.epochs:
            self.stop_reason_ = "epochs"
        elif self.patience is not None and epoch - (self.best_epoch_ or 0) >= self.patience:
            self.stop_reason_ = "patience"

    def _write(self, trainer: pl.Trainer) -> None:
        self.history_[-1]["epoch_seconds"] = time.perf_counter() - self._started
        trainer.save_checkpoint(self.folder / CHECKPOINT)
        if trainer.is_global_zero:
            write_history(self.folder, self.history_)


class AtomicIO(TorchCheckpointIO):
    """Writes a checkpoint beside the old one and renames it over it: a kill leaves one of them whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        part = Path(f"{path}.part")
        torch.save(checkpoint, part)
        part.replace(path)


def write_history(folder: Path, history: list[dict[str, float]]) -> None:
    """`history.csv`, rewritten whole from the committed history; numbers as Python prints them, so none is rounded."""
    lines = [",".join(history[0])] if history else []
    lines += [",".join(str(value) for value in row.values()) for row in history]
    write_text(folder / HISTORY, "\n".join(lines) + "\n")
