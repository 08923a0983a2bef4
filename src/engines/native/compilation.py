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
from src.engines.native.epoch import Recipe, Trainable, evaluate, train_epoch
from src.engines.native.losses import Smoothing
from src.engines.native.network import Dropout
from src.engines.native.units import Network


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
    ints = np.zeros(1, np.int64)
    network = Network(np.ones(2, np.int64), ints, ints - 1, ints - 1, ints, ints)
    trainable = Trainable(np.zeros(1, dtype), np.zeros((0, 1), dtype), np.zeros(0, np.float32))
    inputs, labels = np.zeros((1, 1), dtype), np.zeros(1, dtype)
    recipe = Recipe(
        network,
        Dropout(np.zeros(0, np.int64), 0, 1.0),
        drops=False,
        loss=losses.BCE,
        smoothing=Smoothing(1.0, 0.0),
        rows_per_step=1,
        order=0,
        optimizer=updates.SGD,
        weight_decay=0.0,
        momentum=0.0,
        beta1=0.0,
        beta2=0.0,
        clip=NONE,
        bound=0.0,
    )
    train_epoch(recipe, trainable, inputs, labels, 0, np.zeros(1))
    evaluate(network, trainable.weights, inputs, np.zeros((1, 1), dtype))
