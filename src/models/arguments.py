"""The table of models: what each takes from the configuration. A user's own class is checked when it is built.

It stands apart from the classes, since torch must be imported to define them.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from src.fields import Count, Plug, Positive, Rate, name_in
from src.models.activations import ACTIVATIONS
from src.models.embeddings import EMBEDDINGS, MOST_BINS
from src.models.initialisers import INITIALISERS

Activation = Annotated[str, name_in(ACTIVATIONS)]
Initialiser = Annotated[str, name_in(INITIALISERS)]


def _checked_odd(size: int) -> int:
    if size % 2 == 0:
        raise ValueError("must be odd, so that a kernel has a middle")
    return size


class Model(Plug):
    """The settings of a model."""

    knows_columns: ClassVar[bool] = False  # whether it tells numbers from codes, which only a table has
    knows_places: ClassVar[bool] = False  # whether it tells where a number stands, which only an image says


class MLP(Model):
    """Hidden layers, then a linear layer that gives logits."""

    widths: list[Count]
    activation: Activation
    init: Initialiser
    bias: bool
    dropout: Rate
    norm: Literal["layer"] | None


class Perceptron(Model):
    """One weighted sum and one activation per output."""

    activation: Activation
    init: Initialiser
    bias: bool


class OfColumns(Model):
    """How a table's columns are taken in."""

    knows_columns: ClassVar[bool] = True

    embedding: Annotated[str, name_in(EMBEDDINGS)]
    d_embedding: Count
    num_bins: Annotated[int, Field(ge=1, le=MOST_BINS)]
    num_frequencies: Count
    frequency_scale: Positive
    d_category: Count | None


class TabularMLP(OfColumns, MLP):
    """Embedded columns of a table, then hidden layers, then a linear layer that gives logits."""


class TabM(OfColumns):
    """Embedded columns of a table, then k MLPs in one that share most weights; their mean predicts."""

    arch_type: Literal["tabm", "tabm-mini"]
    k: Count
    n_blocks: Count
    d_block: Count
    dropout: Rate


class OfImages(Model):
    """How images are taken in."""

    knows_places: ClassVar[bool] = True

    activation: Activation
    init: Initialiser
    dropout: Rate


class CNN(OfImages):
    """Stages of convolutions on an image, with max pooling between them, then the mean over places and a linear layer."""

    channels: Annotated[list[Count], Field(min_length=1)]
    convs_per_stage: Count
    kernel_size: Annotated[Count, Field(le=7), AfterValidator(_checked_odd)]
    norm: Literal["layer", "instance"] | None


class MLPMixer(OfImages):
    """Patches of an image, mixed by multilayer perceptrons over patches and over channels in turn."""

    patch_size: Count
    hidden_dim: Count
    num_blocks: Count
    tokens_mlp_dim: Count
    channels_mlp_dim: Count


MODELS: dict[str, type[Model]] = {
    "src.models.mlp.MLP": MLP,
    "src.models.perceptron.Perceptron": Perceptron,
    "src.models.tabular.TabularMLP": TabularMLP,
    "src.models.tabm.TabM": TabM,
    "src.models.cnn.CNN": CNN,
    "src.models.mixer.MLPMixer": MLPMixer,
}
