"""The programs, ready to run: compiled on the first use on a machine, then read from disk."""

import time
from contextlib import suppress
from typing import Any

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  # numba calls its products: it is to be there before its threads are limited
import torch
from rich.console import Console

from src.engines.native import losses, updates
from src.engines.native.cache import cache_folder
from src.engines.native.clipping import NONE
from src.engines.native.epoch import Examples, Recipe, Trainable, train
from src.engines.native.evaluation import evaluate, of_classes, of_predictions
from src.engines.native.hashing import order_keys
from src.engines.native.losses import Smoothing
from src.engines.native.network import Dropout
from src.engines.native.units import LAYER


def make_ready(dtype: torch.dtype, console: Console) -> None:
    """All programs for weights of `dtype`; the first time on a machine it says that it compiles, and for how long."""
    name = "float64" if dtype == torch.float64 else "float32"
    mark, started = cache_folder() / f"{name}.ready", time.perf_counter()
    is_first = not mark.is_file()
    if is_first:
        console.print(f"The compiled engine is compiled for this machine and {name}, once.")
    _train_one(np.dtype(name).type)
    if is_first:
        console.print(f"It was compiled in {time.perf_counter() - started:.1f} s.")
        with suppress(OSError):
            mark.touch()


def _train_one(dtype: Any) -> None:
    """A step of a perceptron: numba compiles by the types of arguments."""
    network = np.array([(1, 1, 0, -1, -1, 0, 0)], LAYER)
    trainable = Trainable(np.zeros(1, dtype), np.zeros((0, 1), dtype), np.zeros(0, np.float32), np.zeros(0, dtype))
    inputs, labels = np.zeros((1, 1), dtype), np.zeros(1, dtype)
    recipe = Recipe(
        network,
        Dropout(np.zeros(0, np.int64), 0, 1.0),
        drops=False,
        loss=losses.BCE,
        smoothing=Smoothing(1.0, 0.0),
        rows_per_step=1,
        optimizer=updates.SGD,
        weight_decay=0.0,
        momentum=0.0,
        beta1=0.0,
        beta2=0.0,
        clip=NONE,
        bound=0.0,
        ema=0.0,
    )
    outputs = np.zeros((1, 1), dtype)
    train(
        recipe,
        trainable,
        Examples(inputs, order_keys(0, 0, 1) * 0, labels, labels, labels, labels),
        0,
        np.zeros(1),
        np.zeros(1, np.bool_),
    )
    evaluate(recipe, trainable.weights, inputs, labels, outputs)
    of_classes(outputs, np.argsort(outputs, axis=0), labels)
    of_predictions(outputs, labels)
