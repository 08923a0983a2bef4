"""The arguments of our own models and readers, by `_target_`. A user's own class or function is checked when it is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from src.config.schema import Activation, Block, Count, Initialiser, NonNegative, Positive, Rate, Seed, Standardize

Share = Annotated[float, Field(gt=0, lt=1)]


class Target(Block):
    target: str = Field(alias="_target_")


class MLP(Target):
    widths: list[Count]
    activation: Activation
    init: Initialiser
    bias: bool
    dropout: Rate
    norm: Literal["layer"] | None


class Perceptron(Target):
    activation: Activation
    init: Initialiser
    bias: bool


MODELS: dict[str, type[Target]] = {"src.models.mlp.MLP": MLP, "src.models.perceptron.Perceptron": Perceptron}


class Reader(Target):
    standardize: Standardize


class Phantom(Reader):
    size: Annotated[int, Field(ge=28, le=224)]
    num_train: Count
    num_val: Count
    num_test: Count
    prevalence: Share
    difficulty: Positive
    seed: Seed
    cache: str


class PneumoniaMNIST(Reader):
    path: str | None
    url: str
    md5: str
    cache: str


class Bundled(Reader):
    val_fraction: Share
    test_fraction: Share
    split_seed: Seed


class Drawn(Reader):
    noise: NonNegative
    num_train: Count
    num_val: Count
    num_test: Count
    seed: Seed


class Gate(Drawn):
    kind: Literal["and", "or", "xor"]


class Blobs(Drawn):
    distance: Positive
    shift: float


class Spirals(Drawn):
    turns: Positive


class Curve(Drawn):
    frequency: Positive


class Modified(Reader):
    source: dict[str, Any]
    num_train: Count | None
    label_noise: Annotated[float, Field(ge=0, le=1)]
    val_from: Literal["train", "val", "test"]
    seed: Seed


@dataclass(frozen=True)
class Source:
    """What is known of a reader's data before they are read."""

    arguments: type[Reader]
    task: str
    is_image: bool


SOURCES: dict[str, Source] = {
    "src.data.phantom.phantom": Source(Phantom, "binary", is_image=True),
    "src.data.pneumoniamnist.pneumoniamnist": Source(PneumoniaMNIST, "binary", is_image=True),
    "src.data.bundled.digits": Source(Bundled, "multiclass", is_image=True),
    "src.data.bundled.breast_cancer": Source(Bundled, "binary", is_image=False),
    "src.data.bundled.wine": Source(Bundled, "multiclass", is_image=False),
    "src.data.bundled.diabetes": Source(Bundled, "regression", is_image=False),
    "src.data.plane.gate": Source(Gate, "binary", is_image=False),
    "src.data.plane.blobs": Source(Blobs, "binary", is_image=False),
    "src.data.plane.moons": Source(Drawn, "binary", is_image=False),
    "src.data.plane.spirals": Source(Spirals, "binary", is_image=False),
    "src.data.curve.curve": Source(Curve, "regression", is_image=False),
}
MODIFIED = "src.data.modified.modified"  # its task is that of the source in it
READERS: dict[str, type[Target]] = {MODIFIED: Modified, **{name: source.arguments for name, source in SOURCES.items()}}


def source_of(data: Mapping[str, Any]) -> Source | None:
    """What is known of the source of `data`; None for a user's own reader."""
    return source_of(data["source"]) if data["_target_"] == MODIFIED else SOURCES.get(data["_target_"])
