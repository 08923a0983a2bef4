"""One model as a LightningModule: outputs, loss, gradient step."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from src.data.batches import Batch
from src.engines.single.data_module import DataModule
from src.losses import Loss, mixed
from src.metrics import evaluate
from src.models.dropout import dropout_layers, set_rows
from src.models.outputs import pooled, row_losses, squeezed
from src.tasks import Task


class Learner(pl.LightningModule):
    """Trains `model` on batches of a DataModule by minimising the mean of `loss`; of several models in one, of each by itself.

    `factors`: the schedule, one factor of the learning rate per optimizer step; None keeps it constant.
    After each epoch `figures_` holds train/loss, val/loss and val's metrics; train/loss_eval with a second val loader. They
    are logged too, which rounds them to float32. Of several models in one, train/loss is the mean of their losses, all the
    others are of what they give together.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        task: Task,
        loss: Loss,
        optimizer: Callable[[Any], torch.optim.Optimizer],
        lr: float,
        factors: list[float] | None,
    ) -> None:
        super().__init__()
        self.model, self.task, self.loss = model, task, loss
        self.make_optimizer, self.base_lr, self.factors = optimizer, lr, factors
        self.dropouts = dropout_layers(model)
        self.figures_: dict[str, float] = {}
        self._chunks: dict[int, list[tuple[Tensor, Tensor]]] = {}
        self._used_lr = lr

    def outputs(self, inputs: Tensor) -> Tensor:
        """Logits or predictions: (B, K) for a multiclass task, else (B,)."""
        return squeezed(pooled(self.model(inputs), self.task), self.task)

    def lr(self, step: int) -> float:
        """The learning rate of optimizer step `step`, from 0; the steps after the last keep the last's."""
        return self.base_lr if self.factors is None else self.base_lr * self.factors[min(step, len(self.factors) - 1)]

    @property
    def lr_of_last_step(self) -> float:
        """The schedule's, unless a callback has set another."""
        planned = self.lr(self.global_step - 1)
        return planned if math.isclose(planned, self._used_lr, rel_tol=1e-9) else self._used_lr

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(self.model.parameters())
        if self.factors is None:
            return optimizer
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.lr(step) / self.base_lr)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning sets this name 48 times a step; past torch's search for parameters that costs 5 % of an epoch less.
        if name == "_current_fx_name":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def data(self) -> DataModule:
        """The data module that the trainer was given."""
        return self.trainer.datamodule  # type: ignore[attr-defined]

    def on_train_epoch_start(self) -> None:
        self.data.begin_epoch(self.current_epoch)
        self._total = torch.zeros((), device=self.device, dtype=torch.float64)
        self._num_rows = 0

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        set_rows(self.dropouts, batch.rows)
        self._no_rows = batch.rows[:0]
        loss = mixed(partial(row_losses, self.loss, task=self.task), batch.mix)
        total = loss(self.model(batch.inputs), batch.labels).sum()
        self._total.add_(total.detach())
        self._num_rows += len(batch.labels)
        # Lightning averages over accumulated batches and over processes: the factors turn that into a sum over the step.
        return total * (self.trainer.accumulate_grad_batches * self.trainer.world_size / batch.num_examples)

    def on_after_backward(self) -> None:
        set_rows(self.dropouts, self._no_rows)  # callbacks that average weights want buffers of one size

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self._used_lr = optimizer.param_groups[0]["lr"]

    def on_validation_epoch_start(self) -> None:
        self._chunks = {}

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:
        inputs, labels = batch
        self._chunks.setdefault(dataloader_idx, []).append((self.outputs(inputs), labels))

    def on_validation_epoch_end(self) -> None:
        (logits, labels), *train = [
            (torch.cat([logits for logits, _ in chunks]), torch.cat([labels for _, labels in chunks]))
            for chunks in self._chunks.values()
        ]
        num_rows = torch.tensor(self._num_rows, device=self.device)
        total, count = (self.trainer.strategy.reduce(part, reduce_op="sum") for part in (self._total, num_rows))
        figures = {"train/loss": total / count}
        if train:
            figures["train/loss_eval"] = self.loss(*train[0]).mean()
        figures["val/loss"] = self.loss(logits, labels).mean()
        if scale := self.data.dataset.target_scale:
            logits, labels = scale.in_units(logits), scale.in_units(labels)
        figures |= {f"val/{name}": value for name, value in evaluate(self.task, logits, labels).items()}
        self.figures_ = {name: float(value) for name, value in figures.items()}
        self.log_dict(self.figures_, prog_bar=True, sync_dist=torch.distributed.is_initialized())
