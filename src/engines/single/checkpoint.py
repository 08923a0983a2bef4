"""One commit per epoch: weights, optimizer, history, best weights and position, written by one rename."""

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from src.disk.tensors import load_tensors, save_tensors
from src.runs.files import CHECKPOINT

FLUSH_SHARE = 0.02  # of the time may go into flushing: of short epochs some commits are lost to a cut of the power


class Commit(Checkpoint):
    """Commits each epoch to `folder`. As a Checkpoint it comes after every callback whose state it holds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.save_checkpoint(self.path)


class AtomicIO(TorchCheckpointIO):
    """A kill leaves the old checkpoint or the new one whole; so does a cut of the power, where epochs take long enough."""

    def __init__(self) -> None:
        super().__init__()
        self._due = 0.0  # when a commit is flushed again

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        save_tensors(checkpoint, Path(path), flush=begun >= self._due)
        if begun >= self._due:
            self._due = time.perf_counter() + (time.perf_counter() - begun) / FLUSH_SHARE

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        return load_tensors(Path(path))
