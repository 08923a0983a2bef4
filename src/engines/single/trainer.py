"""Lightning's Trainer, set up for a run."""

import logging
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ProgressBar
from pytorch_lightning.profilers import (
    AdvancedProfiler,
    PassThroughProfiler,
    Profiler,
    PyTorchProfiler,
    SimpleProfiler,
)
from pytorch_lightning.strategies import Strategy
from rich.console import Console

from src.config.leaves import leaves
from src.config.schema import Run, Trainer
from src.disk import DamagedError, read_whole
from src.disk.tensors import load_tensors
from src.engines.build import build_probe
from src.engines.single.averaging import Averaging
from src.engines.single.bar import Bar
from src.engines.single.checkpoint import AtomicIO, Commit
from src.engines.single.data_module import DataModule
from src.engines.single.ddp import Ddp
from src.engines.single.judge import Judge
from src.engines.single.learner import Learner
from src.engines.single.limits import num_epochs
from src.engines.single.own import build_callbacks, build_loggers
from src.engines.single.processes import processes_of
from src.engines.single.ranks import has_ranks
from src.engines.single.tell import OnEpoch, Tell
from src.runs.build import build_progress
from src.runs.files import CHECKPOINT, HISTORY
from src.runs.progress import Progress
from src.runs.stop_reason import StopReason

log = logging.getLogger(__name__)

Processes = AbstractContextManager[ClusterEnvironment]  # the place of this one, once all that train a run are there
NOTHING = nullcontext()
PROFILERS: dict[str, type[Profiler]] = {
    "simple": SimpleProfiler,
    "advanced": AdvancedProfiler,
    "pytorch": PyTorchProfiler,
}
# Arguments that do not go to Lightning as they are: most of them become objects, and limits are the data's.
TRANSLATED = {
    "callbacks",
    "compile",
    "deterministic",
    "enable_model_summary",
    "enable_progress_bar",
    "limit_train_batches",
    "limit_val_batches",
    "logger",
    "overfit_batches",
    "profiler",
    "strategy",
    "timeout_seconds",
}


def fit(
    run: Run,
    learner: Learner,
    data: DataModule,
    folder: Path,
    *,
    console: Console,
    on_epoch: OnEpoch,
    processes: Processes | None = None,
) -> Judge:
    """Train until a stop reason, from the last commit in `folder` if there is a whole one; of one that is not it is told.

    `on_epoch` hears every row of the history, those of an earlier start first, each once it is committed; where it says
    False, in the first process, the run is pruned. `processes`: those that train it, if it is not for this one to see to them.
    """
    progress = build_progress(run, num_epochs(run))
    judge = Judge(progress, build_probe(run, data.dataset, data.standardize))
    tell = Tell(progress, on_epoch)
    before = _restored(judge, folder)
    for row in progress.history:
        tell.tell(row)
    if progress.stop_reason is None:
        with _plain_errors(), processes or processes_of(run, folder) as place:
            trainer = build_trainer(run, folder, judge, [Commit(folder), tell], console, place)
            trainer.fit(learner, datamodule=data, ckpt_path=before)
        if not progress.history:
            raise ValueError(
                "trainer: must let an epoch end, but got a callback, or trainer.max_time, that stopped before."
            )
    if progress.stop_reason is None:
        progress.stop_reason = StopReason.CALLBACK
    return judge


def _restored(judge: Judge, folder: Path) -> Path | None:
    """The last commit in `folder`, at which `judge` now is; None if the run begins at epoch 1."""
    path = folder / CHECKPOINT
    try:
        if path.is_file():
            judge.load_state_dict(read_whole(path, lambda path: load_tensors(path)["callbacks"][judge.state_key]))
            return path
        if (folder / HISTORY).is_file():
            log.warning("%s: is gone, while there is a history. The run begins again at epoch 1.", path)
    except DamagedError as error:
        log.warning("%s The run begins again at epoch 1.", error)
    return None


class NoProfiler(PassThroughProfiler):
    """Lightning's way to profile nothing opens a generator 30 times a step: 5 % of an epoch of a small MLP."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        return NOTHING


def build_trainer(
    run: Run,
    folder: Path,
    judge: Judge,
    after: Sequence[pl.Callback],
    console: Console,
    place: ClusterEnvironment,
) -> pl.Trainer:
    """A Trainer with the callbacks and loggers of a run, in whose history and commits nothing of Lightning's takes part."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Our batches are cut from resident tensors: the advice to add DataLoader workers does not apply.
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    warnings.filterwarnings("ignore", ".*smaller than the logging interval.*")
    warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning 2.6 on torch 2.13
    warnings.filterwarnings("ignore", ".*`srun` command is available.*")  # a run of one process needs none
    settings, own = run.trainer, build_callbacks(run.trainer)
    averaging = [] if run.ema is None else [Averaging(run.ema)]
    bars = _bars(settings, own, judge.progress, console)
    loggers = build_loggers(settings, folder)
    for logger in loggers:
        logger.log_hyperparams(dict(leaves(run.kept())))
    trainer = pl.Trainer(
        max_epochs=run.epochs,
        callbacks=[*averaging, judge, *own, *bars, *after],
        logger=loggers or False,
        plugins=[AtomicIO(), place],
        profiler=_profiler(settings, folder),
        strategy=_strategy(settings),
        deterministic=_deterministic(settings),
        default_root_dir=folder,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        enable_model_summary=bool(settings.enable_model_summary),
        enable_progress_bar=bool(bars) or any(isinstance(callback, ProgressBar) for callback in own),
        **settings.model_dump(exclude=TRANSLATED, exclude_none=True),
    )
    # Lightning's handler of SIGTERM waits for the other processes, whatever they are at; ours ends the run.
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    return trainer


def _bars(settings: Trainer, own: Sequence[pl.Callback], progress: Progress, console: Console) -> list[Bar]:
    has_own = any(isinstance(callback, ProgressBar) for callback in own)
    hidden = console.quiet or settings.enable_progress_bar is False
    return [] if has_own or hidden else [Bar(progress, console)]


def _profiler(settings: Trainer, folder: Path) -> Profiler:
    if settings.profiler is None:
        return NoProfiler()
    return PROFILERS[settings.profiler](dirpath=folder, filename="profile")


def _strategy(settings: Trainer) -> Strategy | str:
    if settings.strategy == "auto" and not has_ranks(settings):
        return "auto"
    return Ddp(settings)


def _deterministic(settings: Trainer) -> Any:
    if settings.deterministic is None:
        return torch.cuda.is_available()  # the CPU kernels in use are deterministic as they are
    return settings.deterministic


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What Lightning makes of a Ctrl-C is one again, and what it says of its settings is a user's mistake."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as left:
        if not isinstance(left.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from there on
        raise left.__context__ from None
    except MisconfigurationException as error:
        raise ValueError(f"trainer: must be what Lightning can follow, but got: {error}") from error
