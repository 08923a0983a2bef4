"""How much of its data a run trains and validates on: Lightning's ways to go through less than all."""

from typing import NamedTuple

from src.config.schema import Run, Trainer


class Limits(NamedTuple):
    """Batches of an epoch, a number or a share of them; None is all. `same`: each epoch has the batches of the first."""

    train: float | None
    val: float | None
    same: bool


def limits_of(trainer: Trainer) -> Limits:
    """By the arguments of Lightning's Trainer: each takes the place of those after it."""
    if trainer.fast_dev_run:
        return Limits(int(trainer.fast_dev_run), int(trainer.fast_dev_run), same=False)
    if trainer.overfit_batches:
        return Limits(trainer.overfit_batches, trainer.overfit_batches, same=True)
    return Limits(trainer.limit_train_batches, trainer.limit_val_batches, same=False)


def num_batches(limit: float | None, total: int) -> int:
    """Of `total` batches those within `limit`; at least one."""
    if limit is None:
        return total
    return min(total, limit) if isinstance(limit, int) else max(1, int(total * limit))


def num_epochs(run: Run) -> int:
    """Epochs of a run; `fast_dev_run` has one."""
    return 1 if run.trainer.fast_dev_run else run.epochs
