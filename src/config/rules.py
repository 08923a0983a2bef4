"""Rules between keys: settings that contradict each other, or the data, die before anything is trained."""

from collections.abc import Iterator

from src.config.arguments import source_of
from src.config.schema import Run

MOMENTUM_USERS = {"momentum", "nesterov", "rmsprop"}
BETA_USERS = {"adam", "adamw", "nadam"}
LOSSES = {
    "binary": ("bce", "mse", "mae", "huber", "perceptron"),
    "multiclass": ("cross_entropy", "mse", "mae", "huber"),
    "regression": ("mse", "mae", "huber"),
}
DEFAULT_LOSS = {"binary": "bce", "multiclass": "cross_entropy", "regression": "mse"}
OBJECTIVES = {
    "binary": ("val/loss", "val/accuracy", "val/auroc", "num_params"),
    "multiclass": ("val/loss", "val/accuracy", "val/auroc", "num_params"),
    "regression": ("val/loss", "val/rmse", "val/r2", "num_params"),
}


def check(run: Run) -> None:
    """Raise ValueError, naming key, rule and value, for the first rule that `run` breaks."""
    for broken in _contradictions(run):
        raise ValueError(broken)
    if source := source_of(run.data):
        check_against_data(run, source.task, is_image=source.is_image)


def check_against_data(run: Run, task: str, *, is_image: bool) -> None:
    """The rules between `run` and its data; for a user's own reader they can be checked only once the data are read."""
    for broken in _misfits(run, task, is_image):
        raise ValueError(broken)


def loss_name(run: Run, task: str) -> str:
    """The loss of the run: the one that is set, else the task's default."""
    return run.loss or DEFAULT_LOSS[task]


def _contradictions(run: Run) -> Iterator[str]:
    name, trainer = run.optimizer.name, run.trainer
    if not run.first_objective.startswith("val/"):
        yield f"objective: must begin with one that each epoch has (val/loss, ...), but got {run.first_objective}."
    if run.optimizer.momentum is not None and name not in MOMENTUM_USERS:
        yield f"optimizer.momentum: must be null for {name}, which has none, but got {run.optimizer.momentum}."
    if run.optimizer.betas is not None and name not in BETA_USERS:
        yield f"optimizer.betas: must be null for {name}, which has none, but got {run.optimizer.betas}."
    if trainer.precision == "16-mixed" and trainer.accelerator == "cpu":
        yield "trainer.precision: must be 32-true, 64-true or bf16-mixed with trainer.accelerator=cpu, but got 16-mixed."
    if trainer.num_nodes > 1 and trainer.strategy == "auto":
        yield f"trainer.strategy: must be ddp for several nodes, but got auto with trainer.num_nodes={trainer.num_nodes}."
    if run.data.get("standardize") == "channels" and (source := source_of(run.data)) and not source.is_image:
        yield "data.standardize: must be none, features or images for a table, but got channels."
    shares = run.data.get("val_fraction", 0), run.data.get("test_fraction", 0)
    if sum(shares) >= 1:
        yield f"data.val_fraction: must leave rows for train, but got {shares[0]} beside data.test_fraction={shares[1]}."


def _misfits(run: Run, task: str, is_image: bool) -> Iterator[str]:
    if run.loss is not None and run.loss not in LOSSES[task]:
        yield f"loss: must be one of {', '.join(LOSSES[task])} for a {task} task, but got {run.loss}."
    objectives = [run.objective] if isinstance(run.objective, str) else run.objective
    for objective in objectives:
        if objective not in OBJECTIVES[task]:
            yield f"objective: must be one of {', '.join(OBJECTIVES[task])} for a {task} task, but got {objective}."
    loss = loss_name(run, task)
    if run.pos_weight is not None and loss != "bce":
        yield f"pos_weight: must be null unless the loss is bce, but got {run.pos_weight} with loss {loss}."
    if run.label_smoothing > 0 and loss not in ("bce", "cross_entropy"):
        yield f"label_smoothing: must be 0 unless the loss is bce or cross_entropy, but got {run.label_smoothing} with {loss}."
    if run.augment.is_on and not is_image:
        yield f"augment: must be off for a table, but got {run.augment.model_dump()}."
    is_perceptron = run.model["_target_"] == "src.models.perceptron.Perceptron"
    if is_perceptron and task != "regression" and (given := run.model["activation"]) != "identity":
        yield f"model.activation: must be identity where the loss ({loss}) applies the link itself, but got {given}."
