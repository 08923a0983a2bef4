"""One commit per epoch: history, best weights and position, written by one rename."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch import Tensor

from src.engines.single.learner import Learner
from src.runs import CHECKPOINT, write_history
from src.runs.progress import Progress


class Commit(pl.Callback):
    """Adds each epoch to `progress`, keeps the best weights, stops the run, and commits all of it to `folder`.

    `on_commit` is called after each commit, and may set `progress.stop_reason` to end the run.
    """

    def __init__(self, folder: Path, progress: Progress, *, on_commit: Callable[[], None]) -> None:
        self.folder, self.progress, self.on_commit = folder, progress, on_commit
        self.best_weights_: dict[str, Tensor] = {}

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, Learner)
        lr = pl_module.lr(trainer.global_step - 1)
        row = {"epoch": trainer.current_epoch + 1, **pl_module.figures_, "lr": lr}
        if self.progress.add(row):
            weights = pl_module.model.state_dict()
            self.best_weights_ = {name: tensor.detach().clone() for name, tensor in weights.items()}
        self._write(trainer)
        self.on_commit()
        trainer.should_stop = self.progress.stop_reason is not None

    def state_dict(self) -> dict[str, Any]:
        return {**self.progress.state(), "best_weights": self.best_weights_}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.progress.restore(state_dict)
        self.best_weights_ = state_dict["best_weights"]

    def _write(self, trainer: pl.Trainer) -> None:
        self.progress.history[-1]["epoch_seconds"] = time.perf_counter() - self._started
        trainer.save_checkpoint(self.folder / CHECKPOINT)
        if trainer.is_global_zero:
            write_history(self.folder, self.progress.history)


class AtomicIO(TorchCheckpointIO):
    """Writes a checkpoint beside the old one and renames it over it: a kill leaves one of them whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        part = Path(f"{path}.part")
        torch.save(checkpoint, part)
        part.replace(path)
