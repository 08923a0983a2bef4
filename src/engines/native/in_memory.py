"""One model trained in this thread, of which nothing is written: what an estimator does."""

import math
from dataclasses import replace
from functools import lru_cache
from threading import Lock

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn

from src.config.schema import Run
from src.data.dataset import Dataset
from src.engines.native.build import build_member, why_not
from src.engines.native.compilation import make_ready
from src.engines.native.cores import one_thread_of_blas
from src.engines.native.data import Prepared, prepare
from src.engines.native.member import Member
from src.engines.native.plateau import train_to_plateau
from src.engines.native.units import Floats
from src.randomness import Purpose, key
from src.runs.build import build_run_model, dtype_of, standardize_of
from src.runs.folder import ROOT
from src.runs.job import Job

_BUILDING = Lock()  # torch has one generator


def train_in_memory(
    run: Run, dataset: Dataset, weights: Floats | None, *, tol: float | None
) -> tuple[nn.Module, list[dict[str, float]]]:
    """The model with the weights that are kept, in evaluation mode, and a row for each epoch.

    `weights` (N,): how much each row of train counts. With `tol` val is not looked at: the last weights are kept, and the
    run ends where its patience sees no training loss that is better by `tol`. ValueError for a run that the compiled engine
    does not know, or one that diverged.
    """
    if reason := why_not(run, dataset):
        raise ValueError(f"estimator: must be what the compiled engine trains, but got: {reason}.")
    _compile(dtype_of(run))
    prepared = _weighted(prepare(dataset, standardize_of(run), dtype_of(run)), weights)
    with _BUILDING:
        model = build_run_model(run, dataset)
    member = build_member(Job(0, run, ROOT), prepared, np.zeros(1, np.bool_), model)
    with one_thread_of_blas():
        kept, history = _to_best(member) if tol is None else _to_end(member, tol)
    model.to(dtype_of(run)).load_state_dict({**model.state_dict(), **kept})
    return model.eval(), history


@lru_cache
def _compile(dtype: torch.dtype) -> None:
    make_ready(dtype, Console(quiet=True))


def _weighted(prepared: Prepared, weights: Floats | None) -> Prepared:
    if weights is None:
        return prepared
    of_mean_one = (weights * (len(weights) / weights.sum())).astype(prepared.train.inputs.dtype)
    return replace(prepared, train=replace(prepared.train, weights=of_mean_one))


def _to_best(member: Member) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    while member.progress.stop_reason is None:
        member.epoch()
    if member.progress.best_epoch is None:
        raise _diverged(len(member.progress.history))
    return member.trained().weights, member.progress.history


def _to_end(member: Member, tol: float) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    run = member.job.run
    losses = train_to_plateau(
        member.recipe,
        member.trainable,
        member.data.train,
        int(key(run.seed, Purpose.ORDER)),
        member.lrs,
        tol=tol,
        patience=run.patience or 0,
    )
    if not math.isfinite(losses[-1]):
        raise _diverged(len(losses))
    return member.kept(), [{"epoch": number, "train/loss": float(loss)} for number, loss in enumerate(losses, 1)]


def _diverged(epoch: int) -> ValueError:
    return ValueError(f"lr: must let the loss stay finite, but got one that was not in epoch {epoch}.")
