"""Lightning's Trainer, set up for a run."""

import logging
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.profilers import PassThroughProfiler
from pytorch_lightning.strategies import DDPStrategy
from pytorch_lightning.utilities import rank_zero_only
from rich.console import Console

from src.config.schema import Run
from src.engines.single.bar import EpochProgress
from src.engines.single.checkpoint import AtomicIO, Commit
from src.engines.single.data_module import DataModule
from src.engines.single.learner import Learner
from src.metrics import DIRECTIONS
from src.runs import CHECKPOINT, write_history
from src.runs.progress import Progress

NOTHING = nullcontext()


def fit(
    run: Run,
    learner: Learner,
    data: DataModule,
    folder: Path,
    *,
    console: Console,
    on_commit: Callable[[Progress], None],
) -> Commit:
    """Train until a stop reason, from the last commit in `folder` if there is one; returns the run's last commit."""
    bar = EpochProgress(run.epochs, run.first_objective, console)

    def tell() -> None:
        bar.show(progress.history, progress.best_epoch)
        on_commit(progress)

    objective = run.first_objective
    progress = Progress(objective, DIRECTIONS[objective], epochs=run.epochs, patience=run.patience)
    commit = Commit(folder, progress, on_commit=tell)
    checkpoint = folder / CHECKPOINT
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        commit.load_state_dict(saved["callbacks"][commit.state_key])
        write_history(folder, progress.history)
    if progress.stop_reason is None:
        with bar:
            trainer = build_trainer(run, commit)
            trainer.fit(learner, datamodule=data, ckpt_path=checkpoint if checkpoint.is_file() else None)
    return commit


def is_main_process() -> bool:
    """Whether this process claims the run's folder and records it; the others of a run on several devices only compute."""
    return rank_zero_only.rank == 0 and os.environ.get("NODE_RANK", "0") == "0"  # type: ignore[attr-defined]


class NoProfiler(PassThroughProfiler):
    """Lightning's way to profile nothing opens a generator 30 times a step: 5 % of an epoch of a small MLP."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        return NOTHING


def build_trainer(run: Run, commit: Commit) -> pl.Trainer:
    """A Trainer that logs and checkpoints nothing by itself: `Commit` does."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Our batches are cut from resident tensors: the advice to add DataLoader workers does not apply.
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning 2.6 on torch 2.13
    settings = run.trainer.model_dump(exclude={"strategy", "compile"})
    # Buffers hold the keys of each process's own rows; DDP would overwrite them with those of rank 0.
    strategy = DDPStrategy(forward_sync_buffers=False) if _has_ranks(run) else "auto"
    return pl.Trainer(
        max_epochs=run.epochs,
        callbacks=[commit],
        plugins=[AtomicIO()],
        profiler=NoProfiler(),
        strategy=strategy,
        deterministic=torch.cuda.is_available(),  # the CPU kernels in use are deterministic as they are
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        **settings,
    )


def _has_ranks(run: Run) -> bool:
    devices = run.trainer.devices
    if devices == "auto":
        devices = torch.cuda.device_count() if run.trainer.accelerator != "cpu" else 1
    return run.trainer.strategy == "ddp" or devices > 1 or run.trainer.num_nodes > 1
