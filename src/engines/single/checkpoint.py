"""One commit per epoch: weights, optimizer, history, best weights and position, written by one rename."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from src.runs.files import CHECKPOINT


class Commit(Checkpoint):
    """Commits each epoch to `folder`. As a Checkpoint it comes after every callback whose state it holds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.save_checkpoint(self.path)


class AtomicIO(TorchCheckpointIO):
    """Writes a checkpoint beside the old one and renames it over it: a kill leaves one of them whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        torch.save(checkpoint, part)
        part.replace(path)
