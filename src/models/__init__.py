"""Perceptrons, multilayer perceptrons and what they are made of."""

from src.models.activations import ACTIVATIONS, activation
from src.models.build import build_model, num_params
from src.models.dropout import Dropout, dropout_layers, replace_dropout, set_rows
from src.models.initialisers import INITIALISERS, initialiser
from src.models.mlp import MLP, NORMS
from src.models.perceptron import Perceptron, rosenblatt

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "MLP",
    "NORMS",
    "Dropout",
    "Perceptron",
    "activation",
    "build_model",
    "dropout_layers",
    "initialiser",
    "num_params",
    "replace_dropout",
    "rosenblatt",
    "set_rows",
]
