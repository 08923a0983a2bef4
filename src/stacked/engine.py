"""Pulls jobs from a source and trains them in stacks, whose slots it keeps full."""

import time
from collections.abc import Callable

import torch

from src.data.dataset import Dataset
from src.data.transforms import Standardize
from src.jobs import Job, Source
from src.parts import build_run_model, dtype_of, standardize_of
from src.recording.trained import Trained
from src.stacked.data import StackData
from src.stacked.key import stack_key
from src.stacked.member import Member
from src.stacked.size import choose_slots
from src.stacked.stack import Stack

COMPACT_BELOW = 0.75  # of the slots in use, once nothing waits


def run_stack(
    source: Source,
    first: Job,
    dataset: Dataset,
    *,
    slots: int | None,
    on_epoch: Callable[[Stack], None] = lambda stack: None,
) -> None:
    """Train `first` and whatever `source` has with the same stack key, until none is left.

    `slots`: how many train at once; None chooses by model and device. `on_epoch` is called after each epoch of the stack.
    """
    run, stack_of = first.run, stack_key(first.run)
    device = torch.device("cuda" if run.trainer.accelerator != "cpu" and torch.cuda.is_available() else "cpu")
    data = StackData(
        dataset,
        Standardize.fit(dataset.train.inputs, standardize_of(run)),
        rows_per_step=run.batch_size * run.trainer.accumulate_grad_batches,
        dtype=dtype_of(run),
        device=device,
    )
    waiting: Job | None = first
    arrivals: list[Member] = []
    wanted = slots or choose_slots(build_run_model(run, dataset), device)
    while waiting is not None and len(arrivals) < wanted:
        arrivals.append(Member(waiting, data.steps_per_epoch))
        waiting = source.next(stack_of) if len(arrivals) < wanted else None
    stack = Stack(run, data, len(arrivals))
    for slot, member in enumerate(arrivals):
        stack.admit(slot, member)
    while any(stack.members):
        started = time.perf_counter()
        rows = stack.epoch()
        seconds = (time.perf_counter() - started) / len(rows)
        for slot, row in rows.items():
            row["epoch_seconds"] = seconds
            _told(source, stack, slot, row)
        _refill(source, stack, stack_of)
        on_epoch(stack)


def _told(source: Source, stack: Stack, slot: int, row: dict[str, float]) -> None:
    member = stack.members[slot]
    assert member is not None
    keep = source.epoch(member.job, row)
    if member.progress.stop_reason is None and not keep:
        member.progress.stop_reason = "pruned"
    if member.progress.stop_reason is not None:
        member, model = stack.release(slot)
        data = stack.data
        source.end(member.job, Trained(model, data.dataset, data.standardize, data.dtype, member.progress))


def _refill(source: Source, stack: Stack, stack_of: str) -> None:
    for slot in [slot for slot, member in enumerate(stack.members) if member is None]:
        job = source.next(stack_of)
        if job is None:
            break
        stack.admit(slot, Member(job, stack.data.steps_per_epoch))
    used = sum(member is not None for member in stack.members)
    if 0 < used <= COMPACT_BELOW * stack.slots:
        stack.compact()
