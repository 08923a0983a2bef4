"""The stack key: what members of one stack must agree on. Whatever is not named here may differ from member to member."""

import json
from typing import Any

from src.config.arguments import source_of
from src.config.rules import loss_name
from src.config.schema import Run

# Arguments of our own models that only decide initial weights and masks: tensors with one entry per member.
FREE_ARGUMENTS = ("init", "dropout")


def stack_key(run: Run) -> str:
    """The key of a run, from its resolved configuration alone."""
    ours = run.model["_target_"].startswith("src.")
    model = {name: value for name, value in run.model.items() if not (ours and name in FREE_ARGUMENTS)}
    source = source_of(run.data)
    agreed: dict[str, Any] = {
        "model": model,
        "data": run.data,
        "loss": loss_name(run, source.task) if source else run.loss,
        "rows_per_step": run.batch_size * run.trainer.accumulate_grad_batches,
        "optimizer": run.optimizer.name,
        "augment": run.augment.is_on,
        "train_eval": run.train_eval,
        "precision": run.trainer.precision,
        "accelerator": run.trainer.accelerator,
        "compile": run.trainer.compile,
        "clip": run.trainer.gradient_clip_algorithm if run.trainer.gradient_clip_val is not None else None,
    }
    return json.dumps(agreed, sort_keys=True)


def must_run_alone(run: Run) -> str | None:
    """Why a run cannot be a member of a stack, or None if it can as far as its configuration tells."""
    if run.trainer.precision in ("16-mixed", "bf16-mixed"):
        return f"trainer.precision={run.trainer.precision} is trained by Lightning alone"
    if run.trainer.devices != 1 or run.trainer.num_nodes != 1:
        return "one stack drives one device"
    if run.resume is not None:
        return "a resumed run goes on alone"
    return None
