"""What an epoch is worth: its row of the history, the best weights so far, and whether the run goes on."""

import time
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from src.engines.single.learner import Learner
from src.models.probe import Probe
from src.runs.progress import Progress
from src.runs.stop_reason import StopReason


class Judge(pl.Callback):
    """Adds each epoch to `progress`, keeps the weights of the best in `best_weights_`, and stops the run.

    With a `probe` the row of an epoch also has what goes on in the layers.
    """

    def __init__(self, progress: Progress, probe: Probe | None = None) -> None:
        self.progress, self.probe = progress, probe
        self.best_weights_: dict[str, Tensor] = {}
        self._validated: dict[str, Tensor] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._processor, mine = time.process_time(), len(self.progress.history)
        if (epochs := trainer.strategy.broadcast(mine)) != mine:
            raise ValueError(
                f"hydra.run.dir: must be one folder for all nodes, but got one where process {trainer.global_rank} finds "
                f"{mine} epochs, and the first {epochs}."
            )

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.world_size > 1:
            self.progress.rank_seconds = [0.0] * trainer.world_size
            torch.distributed.all_gather_object(self.progress.rank_seconds, time.process_time() - self._processor)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter()
        if self.probe:
            self._before = _weights(pl_module)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Copied here, since a callback that averages weights lends the model its own for the validation only.
        self._validated = _weights(pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, Learner)
        row = {"epoch": trainer.current_epoch + 1, **pl_module.figures_, "lr": pl_module.lr_of_last_step}
        if self.probe:
            row |= self.probe(self._before, _weights(pl_module))
        row["epoch_seconds"] = time.perf_counter() - self._started
        # Those of the first process: where others round differently, all still stop at the same epoch.
        if self.progress.add(trainer.strategy.broadcast(row)):
            self.best_weights_ = self._validated
        if self.progress.stop_reason is StopReason.PATIENCE and not _has_minimum(trainer):
            self.progress.stop_reason = None
        if self.progress.stop_reason is not None:
            stop(trainer)

    def state_dict(self) -> dict[str, Any]:
        return {**self.progress.state(), "best_weights": self.best_weights_}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.progress.restore(state_dict)
        self.best_weights_ = state_dict["best_weights"]


def _weights(pl_module: pl.LightningModule) -> dict[str, Tensor]:
    """Copies, by their names in the model."""
    assert isinstance(pl_module, Learner)
    return {name: tensor.detach().clone() for name, tensor in pl_module.model.state_dict().items()}


def stop(trainer: pl.Trainer) -> None:
    """End the training with this epoch, whatever least number of epochs or steps was asked for."""
    if not _has_minimum(trainer):
        trainer.fit_loop.min_epochs = trainer.fit_loop.epoch_loop.min_steps = None
    trainer.should_stop = True


def _has_minimum(trainer: pl.Trainer) -> bool:
    has_epochs = trainer.current_epoch + 1 >= (trainer.min_epochs or 0)
    return has_epochs and trainer.global_step >= (trainer.min_steps or 0)
