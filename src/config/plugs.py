"""The arguments of our own models and readers, by `_target_`. A user's own class or function is checked when it is built."""

from dataclasses import dataclass
from typing import Annotated, Literal

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
}

__all__ = ["MODELS", "SOURCES", "NonNegative", "Source"]
