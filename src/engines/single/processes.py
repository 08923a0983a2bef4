"""All processes of a run, whoever starts them: torchrun, srun, one command on each node, or the run itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from src.config.schema import Run
from src.engines.single.group import grouped, is_of_another, lost
from src.engines.single.position import Position
from src.engines.single.ranks import has_ranks, launched, node_rank, num_devices

SET = ("MASTER_ADDR", "MASTER_PORT", "OMP_NUM_THREADS")  # by Lightning


@contextmanager
def processes_of(run: Run, folder: Path) -> Iterator[ClusterEnvironment]:
    """Inside, all that `run` is divided among train it, in `folder`; gives the place of this one.

    Raises ChildProcessError when one is lost, and Interrupted if one was told to end.
    """
    with _left_as_it_was():
        if not has_ranks(run.trainer):
            yield Position()
            return
        if by := launched(run.trainer):
            yield from _started_by(by.launcher)
            return
        num_local, node = num_devices(run.trainer), node_rank(run.trainer)
        first = Position(0, num_local, node, *_meeting_point(run))
        meeting = first.main_address, first.main_port
        others = {
            node * num_local + rank: (os.getpid(), run, folder, (rank, num_local, node, *meeting))
            for rank in range(1, num_local)
        }
        with grouped(others, run.trainer.timeout_seconds):
            yield first


def _started_by(launcher: str) -> Iterator[ClusterEnvironment]:
    try:
        yield TorchElasticEnvironment() if launcher == "torchrun" else SLURMEnvironment(auto_requeue=False)
    except Exception as error:
        if is_of_another(error):
            raise lost(error) from error
        raise


def _meeting_point(run: Run) -> tuple[str, int] | tuple[()]:
    return () if run.trainer.num_nodes == 1 else (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))


@contextmanager
def _left_as_it_was() -> Iterator[None]:
    """Lightning sets variables and threads for its processes, and leaves them connected: the next run has its own."""
    before, num_threads = {name: os.environ.get(name) for name in SET}, torch.get_num_threads()
    try:
        yield
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        if torch.get_num_threads() != num_threads:
            torch.set_num_threads(num_threads)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
