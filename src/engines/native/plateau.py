"""Epochs until the loss of train falls no more, in one compiled call: nothing of Python stands between them."""

import math

import numpy as np
from numpy.typing import NDArray

from src.engines.native.compiled import program
from src.engines.native.data import Rows
from src.engines.native.epoch import Examples, Recipe, Trainable, train
from src.engines.native.hashing import order_keys

# Axes: E epochs, N rows, S steps of an epoch.

HELD = 2**20  # places of rows in the orders that are made at once, by numpy: a sort that is compiled takes seconds
FOREVER = 2**62


def train_to_plateau(
    recipe: Recipe, trainable: Trainable, rows: Rows, order: int, lrs: NDArray[np.float64], *, tol: float, patience: int
) -> NDArray[np.float64]:
    """The mean loss of each epoch, until `patience` of them (0: never) were no better than the best by `tol`.

    `order`: the key of the rows' orders; `lrs` (E, S). The weights change in place. A loss that is not finite is the last.
    """
    size, none = len(rows.targets), rows.targets[:0]
    weights = none if rows.weights is None else rows.weights
    examples = Examples(rows.inputs, np.empty(0, np.int64), rows.targets, none, none, weights)
    losses, best, left = np.empty(len(lrs)), np.array([math.inf]), np.array([patience or FOREVER])
    trained, at_once = 0, max(1, HELD // size)
    while trained < len(lrs) and left[0] > 0:
        orders = [np.argsort(order_keys(order, trained + one, size)) for one in range(min(at_once, len(lrs) - trained))]
        trained += _train(
            recipe,
            trainable,
            examples,
            np.stack(orders),
            lrs[trained:],
            trained,
            tol,
            patience or FOREVER,
            best,
            left,
            losses[trained:],
        )
    return losses[:trained]


@program
def _train(recipe, trainable, examples, orders, lrs, first, tol, patience, best, left, losses):  # type: ignore[no-untyped-def]
    """Epochs number `first` on in their `orders` (E, N), into `losses` (E,); gives how many were trained.

    `best` (1,): the smallest loss; `left` (1,): how many more may be no better than it. At 0 it is over.
    """
    size, steps = orders.shape[1], lrs.shape[1]
    labels, weights = np.empty_like(examples.labels), np.empty_like(examples.weights)
    none, running = examples.labels[:0], np.zeros(1, np.bool_)
    for epoch in range(orders.shape[0]):
        order = orders[epoch]
        for place in range(size):
            labels[place] = examples.labels[order[place]]
        for place in range(weights.size):
            weights[place] = examples.weights[order[place]]
        shuffled = Examples(examples.inputs, order, labels, none, none, weights)
        loss = train(recipe, trainable, shuffled, (first + epoch) * steps, lrs[epoch], running) / size
        losses[epoch] = loss
        left[0] = patience if loss < best[0] - tol else left[0] - 1
        best[0] = min(best[0], loss)
        if not np.isfinite(loss):
            left[0] = 0
        if left[0] <= 0:
            return epoch + 1
    return orders.shape[0]
