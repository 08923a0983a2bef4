"""Every key of a run, with its type and range. Imports neither torch nor Lightning: a typo must die at once."""

import math
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Activation = Literal[
    "identity", "step", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"
]
Initialiser = Literal[
    "normal",
    "uniform",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "orthogonal",
    "zeros",
]
Loss = Literal["bce", "cross_entropy", "mse", "mae", "huber", "perceptron"]
OptimizerName = Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam"]
ScheduleName = Literal["constant", "step", "exponential", "cosine", "onecycle"]
Objective = Literal["val/loss", "val/accuracy", "val/auroc", "val/rmse", "val/r2", "num_params"]
Standardize = Literal["none", "features", "channels", "images"]

Rate = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Block(BaseModel):
    """Typed settings: unknown keys and wrong types are errors, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Optimizer(Block):
    name: OptimizerName
    lr: Positive
    weight_decay: NonNegative
    momentum: Rate | None  # null: the optimizer's own default
    betas: Annotated[list[Rate], Field(min_length=2, max_length=2)] | None  # null: the optimizer's own default


class Schedule(Block):
    name: ScheduleName
    warmup_steps: Annotated[int, Field(ge=0)]
    step_size: Count  # in steps of the optimizer
    gamma: Annotated[float, Field(gt=0, le=1)]
    final: Annotated[float, Field(ge=0, le=1)]
    peak: Annotated[float, Field(gt=0, lt=1)]


class Augment(Block):
    shift: Annotated[float, Field(ge=0, le=1)]
    rotation: Annotated[float, Field(ge=0, le=180)]
    scale: Rate
    flip: Annotated[float, Field(ge=0, le=1)]

    @property
    def is_on(self) -> bool:
        return any((self.shift, self.rotation, self.scale, self.flip))


class Trainer(Block):
    accelerator: Literal["auto", "cpu", "gpu"]
    devices: Count | Literal["auto"]
    strategy: Literal["auto", "ddp"]
    num_nodes: Count
    precision: Literal["32-true", "64-true", "16-mixed", "bf16-mixed"]
    gradient_clip_val: Positive | None
    gradient_clip_algorithm: Literal["norm", "value"]
    accumulate_grad_batches: Count
    compile: bool


class Tracking(Block):
    enabled: bool
    uri: str | None
    experiment: Annotated[str, Field(min_length=1)] | None
    run_name: str | None
    save_model: bool  # and predictions and figures


class Threshold(NamedTuple):
    """How the operating threshold of a binary task is found: chosen on val by a rule, or a number."""

    rule: Literal["youden", "sensitivity", "specificity", "number"]
    target: float | None


def parse_threshold(text: str | float) -> Threshold:
    """`youden`, `sensitivity:0.95`, `specificity:0.9` or a number; ValueError for anything else."""
    rule, _, target = text.partition(":") if isinstance(text, str) else ("number", "", str(text))
    if rule == "youden" and not target:
        return Threshold("youden", None)
    if rule in ("sensitivity", "specificity", "number"):
        try:
            number = float(target)
        except ValueError:
            number = math.nan
        if 0 < number < 1:
            return Threshold(rule, number)  # type: ignore[arg-type]
    raise ValueError("must be youden, sensitivity:X, specificity:X or X, with X between 0 and 1")


def _checked_threshold(text: str | float) -> str | float:
    parse_threshold(text)
    return text


class Run(Block):
    """One run: what is trained on what, how, and where it is written down."""

    seed: Seed
    epochs: Count
    batch_size: Count
    patience: Count | None
    objective: Objective | Annotated[list[Objective], Field(min_length=1)]
    loss: Loss | None  # null: by task
    pos_weight: Positive | None
    label_smoothing: Rate
    threshold: Annotated[str | float, AfterValidator(_checked_threshold)]
    test: bool
    train_eval: bool
    resume: str | None
    model: dict[str, Any]
    data: dict[str, Any]
    optimizer: Optimizer
    schedule: Schedule
    augment: Augment
    trainer: Trainer
    tracking: Tracking

    @property
    def first_objective(self) -> str:
        """The objective that drives patience."""
        return self.objective if isinstance(self.objective, str) else self.objective[0]
