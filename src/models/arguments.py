"""The table of models: what each takes from the configuration. A user's own class is checked when it is built.

It stands apart from the classes, since torch must be imported to define them.
"""

from typing import Annotated, Literal

from src.fields import Count, Plug, Rate, name_in
from src.models.activations import ACTIVATIONS
from src.models.initialisers import INITIALISERS

Activation = Annotated[str, name_in(ACTIVATIONS)]
Initialiser = Annotated[str, name_in(INITIALISERS)]


class MLP(Plug):
    """Hidden layers, then a linear layer that gives logits."""

    widths: list[Count]
    activation: Activation
    init: Initialiser
    bias: bool
    dropout: Rate
    norm: Literal["layer"] | None


class Perceptron(Plug):
    """One weighted sum and one activation per output."""

    activation: Activation
    init: Initialiser
    bias: bool


MODELS: dict[str, type[Plug]] = {"src.models.mlp.MLP": MLP, "src.models.perceptron.Perceptron": Perceptron}
