"""Averaged weights: what is validated and kept in the place of the weights that are trained."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from src.engines.single.learner import Learner
from src.optimizers.averaging import share


class Averaging(pl.Callback):
    """Averages the trained weights after each step of the optimizer, with `decay`; the model has the averages in validation.

    Buffers are not averaged: the model keeps its own.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.averages: dict[str, Tensor] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trained = _trained(pl_module)
        self.averages = {
            name: (self.averages[name].to(weight) if self.steps else weight.detach().clone())
            for name, weight in trained.items()
        }

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step > self.steps:  # else the batch is one of several that make a step
            self.steps = trainer.global_step
            of_new = share(self.decay, float(self.steps))
            for name, weight in _trained(pl_module).items():
                self.averages[name].lerp_(weight, of_new)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._exchange(pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._exchange(pl_module)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "averages": self.averages}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.steps, self.averages = state_dict["steps"], state_dict["averages"]

    def _exchange(self, pl_module: pl.LightningModule) -> None:
        for name, weight in _trained(pl_module).items():
            weight.data, self.averages[name] = self.averages[name], weight.data


def _trained(pl_module: pl.LightningModule) -> dict[str, nn.Parameter]:
    assert isinstance(pl_module, Learner)
    return {name: weight for name, weight in pl_module.model.named_parameters() if weight.requires_grad}
