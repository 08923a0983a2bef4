"""One model trained in this thread, of which nothing is written: what an estimator does."""

import math
from dataclasses import replace
from threading import Lock

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from src.config.schema import Run
from src.data.dataset import Dataset
from src.engines.native.build import build_member, why_not
from src.engines.native.compilation import make_ready
from src.engines.native.data import Prepared, prepare
from src.engines.native.member import Member
from src.engines.native.units import Floats
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
    make_ready(dtype_of(run), Console(quiet=True))
    prepared = _weighted(prepare(dataset, standardize_of(run), dtype_of(run)), weights)
    with _BUILDING:
        model = build_run_model(run, dataset)
    member = build_member(Job(0, run, ROOT), prepared, np.zeros(1, np.bool_), model)
    with threadpool_limits(1, user_api="blas"):  # as in the engine: more threads wait for one another
        kept, history = _to_best(member) if tol is None else _to_end(member, tol)
    model.to(dtype_of(run)).load_state_dict({**model.state_dict(), **kept})
    return model.eval(), history


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
    run, history, best, since = member.job.run, list[dict[str, float]](), math.inf, 0
    for number in range(run.epochs):
        loss = member.train(number)
        if not math.isfinite(loss):
            raise _diverged(number + 1)
        history.append({"epoch": number + 1, "train/loss": loss})
        best, since = (loss, 0) if loss < best - tol else (min(best, loss), since + 1)
        if run.patience is not None and since >= run.patience:
            break
    return member.kept(), history


def _diverged(epoch: int) -> ValueError:
    return ValueError(f"lr: must let the loss stay finite, but got one that was not in epoch {epoch}.")
