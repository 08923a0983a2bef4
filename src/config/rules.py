"""Rules between keys: settings that contradict each other, or the data, die before anything is trained."""

from collections.abc import Iterator

from src.choices import one_of
from src.config.schema import LightningArguments, Run, Trainer
from src.config.started import started
from src.environment import texts
from src.losses import default_loss, losses_for, losses_with
from src.metrics import OBJECTIVES, objectives_for
from src.models.arguments import MODELS
from src.optimizers import OPTIMIZERS
from src.passwords import is_hidden, without_passwords

ONE = "of which each would train all runs (by itself it divides each run among trainer.devices)"
BAD_STRATEGIES = {
    "ddp_spawn": "what its processes learn cannot be recorded",
    "ddp_fork": "what its processes learn cannot be recorded",
    "ddp_notebook": "what its processes learn cannot be recorded",
    "fsdp": "it has no weights of the best epoch in one piece",
    "deepspeed": "it has no weights of the best epoch in one piece",
}


def check(run: Run) -> None:
    """Raise ValueError, naming key, rule and value, for the first rule that `run` breaks."""
    for broken in _contradictions(run):
        raise ValueError(broken)


def check_against_data(run: Run, task: str, *, is_image: bool, has_codes: bool) -> None:
    """The rules between `run` and its data, whose task is known, and whether they are images or codes, once they are read."""
    for broken in (*_misfits(run, task, is_image), *_misfits_of_columns(run, is_image, has_codes)):
        raise ValueError(broken)


def loss_name(run: Run, task: str) -> str:
    """The loss of the run: the one that is set, else the task's default."""
    return run.loss or default_loss(task)


def why_single(trainer: Trainer) -> str | None:
    """What Lightning alone can do of a run's settings; None if every engine can train it."""
    asked = (key for key in LightningArguments.model_fields if getattr(trainer, key))
    return next((f"trainer.{key} is for Lightning" for key in asked), None)


def _contradictions(run: Run) -> Iterator[str]:
    name, trainer = run.optimizer.name, run.trainer
    if not OBJECTIVES[run.first_objective].each_epoch:
        yield f"objective: must begin with one that each epoch has (val/loss, ...), but got {run.first_objective}."
    for setting in ("momentum", "betas"):
        if (given := getattr(run.optimizer, setting)) is not None and setting not in OPTIMIZERS[name].takes:
            yield f"optimizer.{setting}: must be null for {name}, which has none, but got {given}."
    if run.keep == "last" and run.patience is not None:
        yield f"patience: must be null with keep=last, but got {run.patience}."
    if trainer.gradient_clip_val is None and (given := trainer.gradient_clip_algorithm) != "norm":
        yield f"trainer.gradient_clip_algorithm: must be norm without trainer.gradient_clip_val, but got {given}."
    if (given := trainer.min_epochs or 0) > run.epochs:
        yield f"trainer.min_epochs: must be at most epochs={run.epochs}, but got {given}."
    if trainer.precision == "16-mixed" and trainer.accelerator == "cpu":
        yield "trainer.precision: must be 32-true, 64-true or bf16-mixed with trainer.accelerator=cpu, but got 16-mixed."
    if reason := BAD_STRATEGIES.get(trainer.strategy):
        yield f"trainer.strategy: must be auto or ddp ({reason}), but got {trainer.strategy}."
    if trainer.num_nodes > 1 and trainer.strategy == "auto":
        yield f"trainer.strategy: must be ddp for several nodes, but got auto with trainer.num_nodes={trainer.num_nodes}."
    if run.ensemble is not None:
        yield from _not_of_ensembles(run)
    if run.tracking.registered is not None and not run.tracking.enabled:
        yield f"tracking.register: must be null with tracking.enabled=false, but got {run.tracking.registered}."
    if any(without_passwords(text) != text for _, text in texts(run.model)):
        yield from _not_kept(run)
    shares = run.data.get("val_fraction", 0), run.data.get("test_fraction", 0)
    if sum(shares) >= 1:
        yield f"data.val_fraction: must leave rows for train, but got {shares[0]} beside data.test_fraction={shares[1]}."
    fold, num_folds = run.data.get("fold"), run.data.get("num_folds", 0)
    if fold is not None and fold >= num_folds > 0:
        yield f"data.fold: must lie in 0 to data.num_folds - 1, but got {fold} of {num_folds}."


def _not_of_ensembles(run: Run) -> Iterator[str]:
    if run.lr_find:
        yield f"ensemble: must be null with lr_find=true, which trains no run, but got {run.ensemble}."
    if run.resume is not None:
        yield f"ensemble: must be null with resume=RUN (its own command goes on with it), but got {run.ensemble}."
    if run.trainer.devices != 1 and (by := started()):
        yield f"ensemble: must be null where {by.launcher} has started {by.world_size} processes, {ONE}, but got {run.ensemble}."
    if run.trainer.num_nodes != 1:
        yield f"trainer.num_nodes: must be 1 with ensemble={run.ensemble}, but got {run.trainer.num_nodes}."


def _not_kept(run: Run) -> Iterator[str]:
    """Arguments of the model that it could not be built with again."""
    given = dict(texts(run.model))
    for keys, text in texts(run.kept()["model"]):
        if is_hidden(text) and text != given[keys]:
            rule = "come whole from the environment (${oc.env:NAME}), since its password is not kept with the model"
            yield f"model.{'.'.join(map(str, keys))}: must {rule}, but got {text}."


def _misfits(run: Run, task: str, is_image: bool) -> Iterator[str]:
    fitting = losses_for(task)
    if run.loss is not None and run.loss not in fitting:
        yield f"loss: {one_of(fitting)} for a {task} task, but got {run.loss}."
    objectives = [run.objective] if isinstance(run.objective, str) else run.objective
    for objective in objectives:
        if objective not in objectives_for(task):
            yield f"objective: {one_of(objectives_for(task))} for a {task} task, but got {objective}."
    loss = loss_name(run, task)
    if run.pos_weight is not None and loss not in (known := losses_with("pos_weight")):
        yield f"pos_weight: must be null unless the loss is {' or '.join(known)}, but got {run.pos_weight} with {loss}."
    if run.label_smoothing > 0 and loss not in (known := losses_with("label_smoothing")):
        given = f"{run.label_smoothing} with {loss}"
        yield f"label_smoothing: must be 0 unless the loss is {' or '.join(known)}, but got {given}."
    if task != "binary" and run.threshold != "youden":
        yield f"threshold: must be youden, which is for two classes, for a {task} task, but got {run.threshold}."
    if task == "regression" and run.calibrate is not None:
        yield f"calibrate: must be null for a regression task, which has no probabilities, but got {run.calibrate}."
    if run.data.get("standardize") == "channels" and not is_image:
        yield "data.standardize: must be none, features or images for a table, but got channels."
    if run.augment.changes_images and not is_image:
        strengths = {name: value for name, value in run.augment.model_dump().items() if value}
        yield f"augment: must be off for a table (all but mixup), but got {strengths}."
    if run.tta > 0 and not (is_image and run.augment.changes_images):
        kind = "images without augmentation" if is_image else "a table"
        yield f"tta: must be 0 unless training augments images (augment=affine, say), but got {run.tta} for {kind}."
    is_perceptron = run.model["_target_"] == "src.models.perceptron.Perceptron"
    if is_perceptron and task != "regression" and (given := run.model["activation"]) != "identity":
        yield f"model.activation: must be identity where the loss ({loss}) applies the link itself, but got {given}."


def _misfits_of_columns(run: Run, is_image: bool, has_codes: bool) -> Iterator[str]:
    target = run.model["_target_"]
    if target in MODELS:
        if is_image and MODELS[target].knows_columns:
            names = [name for name, model in MODELS.items() if not model.knows_columns]
            yield f"model: {one_of(map(_module, names))} for images, but got {target}, which embeds a table's columns."
        if not is_image and MODELS[target].knows_places:
            names = [name for name, model in MODELS.items() if not model.knows_places]
            yield f"model: {one_of(map(_module, names))} for a table, but got {target}, which takes images."
        if has_codes and not MODELS[target].knows_columns:
            yield f"data.categories: must be onehot for {target}, which takes every column for a number, but got codes."
    if has_codes and (given := run.data.get("standardize", "features")) != "none":
        yield f"data.standardize: must be none where columns are codes of categories, but got {given}."


def _module(target: str) -> str:
    """What a model of ours is called in a command."""
    return target.split(".")[-2]
