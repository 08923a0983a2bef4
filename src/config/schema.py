"""Every key of a run, with its type and range. Imports neither torch nor Lightning: a typo must die at once.

Choices come from the tables beside what they name.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PrivateAttr

from src.config.environment import with_written
from src.config.leaves import leaves
from src.environment import Keys
from src.fields import (
    DOES_NOT_DECIDE,
    MOST,
    Block,
    Count,
    Distinct,
    Index,
    Name,
    NonNegative,
    Positive,
    Rate,
    Seed,
    Share,
    name_in,
)
from src.losses import LOSSES
from src.metrics import OBJECTIVES
from src.optimizers import OPTIMIZERS
from src.passwords import kept
from src.runs.provenance import LIBRARIES
from src.schedules import SCHEDULES

NOTE = "mlflow.note.content"  # the description that MLflow's page of a run shows

OptimizerName = Annotated[str, name_in(OPTIMIZERS)]
ScheduleName = Annotated[str, name_in(SCHEDULES)]
Loss = Annotated[str, name_in(LOSSES)]
Objective = Annotated[str, name_in(OBJECTIVES)]


class Optimizer(Block):
    name: OptimizerName
    lr: Positive
    weight_decay: NonNegative
    momentum: Rate | None  # null: the optimizer's own default
    betas: Annotated[list[Rate], Field(min_length=2, max_length=2)] | None  # null: the optimizer's own default


class Schedule(Block):
    name: ScheduleName
    warmup_steps: Index
    step_size: Count  # in steps of the optimizer
    gamma: Annotated[float, Field(gt=0, le=1)]
    final: Annotated[float, Field(ge=0, le=1)]
    peak: Annotated[float, Field(gt=0, lt=1)]


UpToOne = Annotated[float, Field(ge=0, le=1)]


class Augment(Block):
    shift: UpToOne
    rotation: Annotated[float, Field(ge=0, le=180)]
    scale: Rate
    flip: UpToOne
    blur: Annotated[float, Field(ge=0, le=16)]
    gamma: Annotated[float, Field(ge=0, le=4)]
    contrast: UpToOne
    brightness: UpToOne
    noise: UpToOne
    cutout: UpToOne
    mixup: NonNegative

    @property
    def is_on(self) -> bool:
        return any(self.model_dump().values())

    @property
    def changes_images(self) -> bool:
        """Mixup alone blends examples, of whatever kind."""
        return any(self.model_dump(exclude={"mixup"}).values())


def _checked_limit(limit: float) -> float:
    if not 0 < limit <= (1 if isinstance(limit, float) else MOST):
        raise ValueError("must be a number of batches, or a share above 0.0 and up to 1.0")
    return limit


def _checked_target(values: dict[str, Any]) -> dict[str, Any]:
    if "." not in str(values.get("_target_", "")):
        raise ValueError("must hold a _target_, the dotted path of a class")
    return values


def _listed(values: Any) -> Any:
    return [values] if isinstance(values, dict) else values


Limit = Annotated[int | float, AfterValidator(_checked_limit)]
OwnObject = Annotated[dict[str, Any], AfterValidator(_checked_target)]
OwnObjects = Annotated[list[OwnObject] | None, BeforeValidator(_listed)]  # one mapping is a list of one
Duration = Annotated[str, Field(pattern=r"^\d+:\d\d:\d\d:\d\d$")]  # DD:HH:MM:SS
TimeUnit = Literal["weeks", "days", "hours", "minutes", "seconds"]
Strategy = Literal[
    "auto",
    "ddp",
    "ddp_find_unused_parameters_true",
    "ddp_find_unused_parameters_false",
    "ddp_spawn",
    "ddp_fork",
    "ddp_notebook",
    "fsdp",
    "deepspeed",
]


class LightningArguments(Block):
    """Arguments of Lightning's Trainer that are passed on as they are; null is Lightning's own default."""

    callbacks: OwnObjects
    logger: Annotated[OwnObjects, DOES_NOT_DECIDE]
    fast_dev_run: bool | Count | None
    limit_train_batches: Limit | None
    limit_val_batches: Limit | None
    overfit_batches: Limit | None
    min_epochs: Count | None
    min_steps: Count | None
    max_time: Duration | dict[TimeUnit, Index] | None
    deterministic: bool | Literal["warn"] | None
    benchmark: bool | None
    sync_batchnorm: bool | None
    inference_mode: Annotated[bool | None, DOES_NOT_DECIDE]
    detect_anomaly: Annotated[bool | None, DOES_NOT_DECIDE]
    profiler: Annotated[Literal["simple", "advanced", "pytorch"] | None, DOES_NOT_DECIDE]
    log_every_n_steps: Annotated[Index | None, DOES_NOT_DECIDE]
    enable_progress_bar: Annotated[bool | None, DOES_NOT_DECIDE]
    enable_model_summary: Annotated[bool | None, DOES_NOT_DECIDE]
    enable_autolog_hparams: Annotated[bool | None, DOES_NOT_DECIDE]


Devices = Annotated[list[Index], Field(min_length=1), Distinct]


class Trainer(LightningArguments):
    accelerator: Annotated[Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"], DOES_NOT_DECIDE]
    devices: Annotated[Count | Literal["auto"] | Devices, DOES_NOT_DECIDE]
    strategy: Annotated[Strategy, DOES_NOT_DECIDE]
    num_nodes: Annotated[Count, DOES_NOT_DECIDE]
    timeout_seconds: Annotated[float, Field(ge=3, le=86400), DOES_NOT_DECIDE]  # signs of life come each second
    precision: Literal["32-true", "64-true", "16-mixed", "bf16-mixed"]
    gradient_clip_val: Positive | None
    gradient_clip_algorithm: Literal["norm", "value"]
    accumulate_grad_batches: Count
    compile: bool


# What every run is tagged with: a tag of a user's own must not say something else.
TAGS = (
    *LIBRARIES,
    *(
        "data",
        "data_digest",
        "data_warnings",
        "simulated",
        "seed",
        "device",
        "num_threads",
        "host",
        "python",
        "git_commit",
        "git_dirty",
    ),
    *("folder", "folder_id", "sweep", "sweep_id", "study", "stop_reason", "lab", "claim", "claim_name", "verdict"),
)


def _as_texts(tags: Any) -> Any:
    return {name: str(value) for name, value in leaves(tags)} if isinstance(tags, dict) else tags


def _checked_tags(tags: dict[str, str]) -> dict[str, str]:
    for name in tags:
        if name in TAGS or (name.startswith("mlflow.") and name != NOTE):
            raise ValueError(f"must have names of your own ({name} is set for you)")
    return tags


class Tracking(Block):
    model_config = ConfigDict(serialize_by_alias=True)  # `register` is a name that classes of Pydantic's have already

    enabled: bool
    uri: str | None
    experiment: Name | None
    run_name: Name | None
    save_model: bool  # and predictions and figures
    system_metrics: bool
    registered: Annotated[str, Field(pattern=r"^[\w .-]+$")] | None = Field(alias="register")
    tags: Annotated[dict[str, str], BeforeValidator(_as_texts), AfterValidator(_checked_tags)]


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


Members = Annotated[int, Field(ge=2, le=1000)]
Engine = Literal["auto", "native", "stacked", "single"]


class Run(Block):
    """One run: what is trained on what, how, and where it is written down."""

    seed: Seed
    epochs: Count
    batch_size: Count
    patience: Count | None
    objective: Objective | Annotated[list[Objective], Field(min_length=1), Distinct]
    loss: Loss | None  # null: by task
    pos_weight: Positive | None
    label_smoothing: Rate
    ema: Share | None  # the decay of the weights' average, which is then what val sees and what is kept; null: none
    keep: Literal["best", "last"]
    threshold: Annotated[str | float, AfterValidator(_checked_threshold)]
    calibrate: Literal["temperature"] | None
    test: bool
    train_eval: bool
    diagnostics: bool
    ensemble: Annotated[Members | None, DOES_NOT_DECIDE]  # each is a run that knows nothing of it
    lr_find: Annotated[bool, DOES_NOT_DECIDE]
    engine: Annotated[Engine, DOES_NOT_DECIDE]
    tta: Annotated[int, Field(ge=0, le=1000)]  # views that are averaged at the end, the plain one counted in; 0: off
    resume: Annotated[str | None, DOES_NOT_DECIDE]
    model: dict[str, Any]
    data: dict[str, Any]
    optimizer: Optimizer
    schedule: Schedule
    augment: Augment
    trainer: Trainer
    tracking: Annotated[Tracking, DOES_NOT_DECIDE]
    _written: Mapping[Keys, str] = PrivateAttr(default_factory=dict)

    def with_written(self, written: Mapping[Keys, str]) -> Self:
        """The same run; `written`: how those of its values are kept that the environment gave."""
        run = self.model_copy()
        run._written = dict(written)
        return run

    def plain(self) -> dict[str, Any]:
        """Nested values as they are used."""
        return self.model_dump(mode="json")

    def kept(self) -> dict[str, Any]:
        """Nested values as they may be kept, sent and shown: without passwords, and without what the environment gave."""
        return kept(with_written(self.plain(), self._written))

    @property
    def first_objective(self) -> str:
        """The objective that drives patience."""
        return self.objective if isinstance(self.objective, str) else self.objective[0]
