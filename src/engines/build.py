"""From a run's settings to the plain parts that engines are made of."""

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from src.config.rules import why_single
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.placement import cut
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.engines.stacked.data import StackData
from src.engines.stacked.folds import Fold, form_of
from src.engines.stacked.hyperparameters import Hyperparameters
from src.engines.stacked.member import Member
from src.engines.stacked.size import choose_slots
from src.engines.stacked.spec import StackSpec, arguments
from src.engines.stacked.stack import Leaver
from src.engines.stacked.stackable import why_model_not
from src.models.build import takes_spec
from src.models.probe import ROWS, Probe
from src.optimizers import OPTIMIZERS
from src.runs.build import (
    build_factors,
    build_loss,
    build_progress,
    build_run_model,
    device_of,
    dtype_of,
    standardize_of,
)
from src.runs.facts import facts_of
from src.runs.job import Job
from src.runs.outcome import Trained

FOLD = "fold"  # the key of `data` in which the members of a stack may differ
Read = Callable[[Mapping[str, Any]], Dataset]  # the data of a run
OURS = "src."  # models of ours: each has a member axis
FREE_ARGUMENTS = ("init", "dropout")  # of these: they decide only initial weights and masks, which are tensors


def stack_spec(run: Run, form: Hashable = None) -> StackSpec:
    """What a run shares with whoever is in its stack. `form`: of its fold, which then need not be the others'."""
    model = {name: value for name, value in run.model.items() if not (_is_ours(run) and name in FREE_ARGUMENTS)}
    trainer = run.trainer
    return StackSpec(
        model=arguments(model),
        data=arguments({name: value for name, value in run.data.items() if form is None or name != FOLD}),
        form=form,
        loss=run.loss,
        rows_per_step=_rows_per_step(run),
        optimizer=run.optimizer.name,
        augment=run.augment.is_on,
        clip=None if trainer.gradient_clip_val is None else trainer.gradient_clip_algorithm,
        averages=run.ema is not None,
        train_eval=run.train_eval,
        diagnostics=run.diagnostics,
        precision=trainer.precision,
        accelerator=trainer.accelerator,
        compile=trainer.compile,
        alone=must_run_alone(run),
    )


def why_not(run: Run, dataset: Dataset) -> str | None:
    """Why `run` must be trained by itself; None if it can be a member of a stack."""
    if reason := must_run_alone(run):
        return reason
    if run.resume is not None:
        return "a resumed run goes on alone"
    return None if _is_ours(run) else why_model_not(build_run_model(run, dataset).to(dtype_of(run)), dataset)


def must_run_alone(run: Run) -> str | None:
    """Why a run must be trained by Lightning, or None if another engine can as far as its settings tell."""
    if run.trainer.precision in ("16-mixed", "bf16-mixed"):
        return f"trainer.precision={run.trainer.precision} is trained by Lightning alone"
    if run.trainer.devices != 1 or run.trainer.num_nodes != 1:
        return "several devices are driven by Lightning"
    return why_single(run.trainer)


def hyperparameters(run: Run) -> Hyperparameters:
    """In which a run may differ from whoever is in its stack."""
    optimizer, clip = run.optimizer, run.trainer.gradient_clip_val
    beta1, beta2 = optimizer.betas or OPTIMIZERS[optimizer.name].takes.get("betas", (0.9, 0.999))
    return Hyperparameters(
        weight_decay=optimizer.weight_decay,
        momentum=_momentum(run),
        beta1=beta1,
        beta2=beta2,
        clip=float("inf") if clip is None else clip,
        pos_weight=1.0 if run.pos_weight is None else run.pos_weight,
        label_smoothing=run.label_smoothing,
        ema=run.ema or 0.0,
        **run.augment.model_dump(),
    )


def learning_rates(run: Run, steps_per_epoch: int) -> Tensor:
    """One for each step of the optimizer: (epochs, steps_per_epoch) float64.

    Raises ValueError if the warm-up is longer than the run.
    """
    total = run.epochs * steps_per_epoch
    factors = torch.tensor(build_factors(run, total) or [1.0] * total, dtype=torch.float64)
    return (run.optimizer.lr * factors).view(run.epochs, steps_per_epoch)


def spec_of(job: Job, read: Read = read_dataset) -> StackSpec:
    """What a job shares with whoever is in its stack."""
    return spec_with_folds(job.run, read)


def dataset_of(job: Job, read: Read) -> Dataset:
    """The data of a job."""
    return read(job.run.data)


def job_facts(job: Job, dataset: Dataset) -> dict[str, str]:
    """What listeners are told of a job as it begins."""
    return facts_of(job.run, dataset)


def spec_with_folds(run: Run, read: Read) -> StackSpec:
    """The same where folds of one form, and of models that they make alike, may share a stack: they are read for that."""
    if run.data.get(FOLD) is None:
        return stack_spec(run)
    dataset = read(run.data)
    knows_columns = takes_spec(run.model["_target_"])
    state = build_run_model(run, dataset).state_dict() if knows_columns else {}
    return stack_spec(run, (form_of(dataset), tuple((name, tuple(value.shape)) for name, value in state.items())))


def build_stack_data(job: Job, dataset: Dataset) -> StackData:
    """The data of a job and of whoever is in its stack, on their device."""
    run = job.run
    fold = _fold(run, dataset)
    return StackData(
        dataset,
        fold.standardize,
        rows_per_step=_rows_per_step(run),
        dtype=dtype_of(run),
        device=device_of(run),
        key=run.data.get(FOLD),
    )


def _fold(run: Run, dataset: Dataset) -> Fold:
    return Fold(dataset, Standardize.fit(dataset.train.inputs, standardize_of(run)))


def build_job_model(job: Job, dataset: Dataset) -> nn.Module:
    """The model of a job with its initial weights."""
    return build_run_model(job.run, dataset)


def slots_of(job: Job, dataset: Dataset, most: int) -> int:
    """How many like a job train best at once, of at most `most`."""
    return choose_slots(build_job_model(job, dataset), device_of(job.run), _rows_per_step(job.run), most)


def build_member(job: Job, data: StackData, read: Read) -> Member:
    """A job that has not begun, its fold among those of the stack. Raises ValueError if its schedule does not fit its epochs."""
    run = job.run
    place = data.join(run.data.get(FOLD), lambda: _fold(run, read(run.data)))
    fold = data.folds.folds[place]
    return Member(
        job,
        build_progress(run, run.epochs),
        run.seed,
        learning_rates(run, data.steps_per_epoch),
        hyperparameters(run),
        partial(build_job_model, job, fold.dataset),
        place,
        build_probe(run, fold.dataset, fold.standardize),
    )


def build_probe(run: Run, dataset: Dataset, standardize: Standardize) -> Probe | None:
    """What looks into the layers of a run's model after each epoch, if it is asked for."""
    if not run.diagnostics:
        return None
    train, dtype = dataset.train, dtype_of(run)
    count = min(ROWS, len(train))
    rows = torch.arange(count) * len(train) // count
    inputs, labels = standardize(cut(train.inputs, rows).to(dtype)), cut(train.labels, rows)
    model = build_run_model(run, dataset).to(dtype)
    return Probe(model, build_loss(run, dataset.task), inputs, labels, dataset.task)


def build_trained(leaver: Leaver, data: StackData) -> Trained:
    """What came of a job whose member has left its stack."""
    member, fold = leaver.member, data.folds.folds[leaver.member.place]
    return Trained(
        member.job.run,
        leaver.weights,
        fold.dataset,
        fold.standardize,
        member.progress,
        leaver.num_params,
        leaver.val.in_units(fold.dataset.target_scale),
    )


def _is_ours(run: Run) -> bool:
    return str(run.model["_target_"]).startswith(OURS)


def _rows_per_step(run: Run) -> int:
    return run.batch_size * run.trainer.accumulate_grad_batches


def _momentum(run: Run) -> float:
    if run.optimizer.momentum is not None:
        return run.optimizer.momentum
    return float(OPTIMIZERS[run.optimizer.name].takes.get("momentum", 0.0))
