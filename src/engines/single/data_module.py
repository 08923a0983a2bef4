"""The data module: a dataset as batches on the device that trains, for Lightning."""

from dataclasses import replace
from typing import Any

import pytorch_lightning as pl
import torch

from src.data.augmentation import Augment
from src.data.batches import EvalBatches, TrainBatches
from src.data.dataset import Dataset, Split
from src.data.placement import placed
from src.data.transforms import Standardize
from src.engines.single.limits import Limits, num_batches


class DataModule(pl.LightningDataModule):
    """Batches of `dataset`, standardised by figures fitted on its training split.

    `batch_size` counts the rows of a batch over all processes. With `train_eval` the training split is evaluated too,
    after val. With `limits` an epoch goes through less than all of it.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        standardize: str,
        augment: Augment | None,
        batch_size: int,
        seed: int,
        accumulate: int,
        dtype: torch.dtype,
        limits: Limits,
        train_eval: bool = False,
    ) -> None:
        super().__init__()
        self.dataset = dataset
        self.standardize = Standardize.fit(dataset.train.inputs, standardize)
        self.train_eval, self.dtype, self.limits = train_eval, dtype, limits
        self.train_batches = TrainBatches(
            dataset.train,
            self.standardize,
            augment,
            batch_size=batch_size,
            seed=seed,
            accumulate=accumulate,
            dtype=dtype,
        )
        if limits.train is not None:
            self.train_batches.limit = num_batches(limits.train, len(self.train_batches))

    def setup(self, stage: str) -> None:
        assert self.trainer is not None
        device = self.trainer.strategy.root_device
        train, val = (placed(split, device) for split in (self.dataset.train, self.dataset.val))
        self.dataset = replace(self.dataset, train=train, val=val)
        self.train_batches.split = self.dataset.train
        self.train_batches.rank, self.train_batches.world_size = self.trainer.global_rank, self.trainer.world_size

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        return batch  # cut where they are to be

    def begin_epoch(self, epoch: int) -> None:
        """The next batches are those of `epoch`, from 0."""
        self.train_batches.epoch = 0 if self.limits.same else epoch

    def train_dataloader(self) -> TrainBatches:
        return self.train_batches

    def val_dataloader(self) -> list[EvalBatches]:
        size, val = self.train_batches.batch_size, self.dataset.val
        rows = num_batches(self.limits.val, -(-len(val) // size)) * size
        splits = [Split(val.inputs[:rows], val.labels[:rows]), *([self.dataset.train] if self.train_eval else [])]
        return [self.evaluation(split) for split in splits]

    def evaluation(self, split: Split) -> EvalBatches:
        """`split` in its own order, standardised as train is."""
        return EvalBatches(split, self.standardize, self.dtype)
