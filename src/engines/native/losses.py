"""Losses of the rows of a batch and their gradients by the outputs, compiled: those of `src.losses`.

Each takes outputs z (B, K) and labels (B,), and fills the losses (B,) and their gradients, `slope` (B, K).
"""

import math
from typing import NamedTuple

import numpy as np

from src.engines.native.compiled import part

NAMES = [
    ("bce", "binary"),
    ("cross_entropy", "multiclass"),
    ("perceptron", "binary"),
    *((error, task) for error in ("mse", "mae", "huber") for task in ("regression", "binary", "multiclass")),
]
KINDS = {name: kind for kind, name in enumerate(NAMES)}
BCE, CROSS_ENTROPY, PERCEPTRON, FIRST_ERROR = range(4)
MSE, MAE = 0, 1  # errors; the third is Huber's
SIGMOID, SOFTMAX = 1, 2  # links; the other is the identity


class Smoothing(NamedTuple):
    """What some losses take: the weight of the positives, and how much of a label is spread over all classes."""

    pos_weight: float
    label_smoothing: float


@part
def row_losses(kind, z, labels, smoothing, losses, slope):  # type: ignore[no-untyped-def]
    """Of the kind at that place among `NAMES`."""
    if kind == BCE:
        bce(z, labels, smoothing, losses, slope)
    elif kind == CROSS_ENTROPY:
        cross_entropy(z, labels, smoothing, losses, slope)
    elif kind == PERCEPTRON:
        perceptron(z, labels, losses, slope)
    else:
        of_error((kind - FIRST_ERROR) // 3, (kind - FIRST_ERROR) % 3, z, labels, losses, slope)


@part
def blend(own, losses, slope, others_losses, others_slope):  # type: ignore[no-untyped-def]
    """s l(z, y) + (1 - s) l(z, y') in place of l(z, y), s being the `own` share (B,) of each row; gradients alike."""
    for b in range(own.size):
        losses[b] = own[b] * losses[b] + (1.0 - own[b]) * others_losses[b]
        for k in range(slope.shape[1]):
            slope[b, k] = own[b] * slope[b, k] + (1.0 - own[b]) * others_slope[b, k]


@part
def bce(z, labels, smoothing, losses, slope):  # type: ignore[no-untyped-def]
    """(1 - y) z + (1 + (w - 1) y) log(1 + exp(-z)), whose derivative is (1 - y) - (1 + (w - 1) y) s(-z)."""
    for b in range(z.shape[0]):
        y = labels[b] * (1.0 - smoothing.label_smoothing) + 0.5 * smoothing.label_smoothing
        weight = 1.0 + (smoothing.pos_weight - 1.0) * y
        losses[b] = (1.0 - y) * z[b, 0] + weight * (math.log1p(math.exp(-abs(z[b, 0]))) + max(-z[b, 0], 0.0))
        slope[b, 0] = (1.0 - y) - weight / (1.0 + math.exp(z[b, 0]))


@part
def cross_entropy(z, labels, smoothing, losses, slope):  # type: ignore[no-untyped-def]
    """-sum of t log p, whose derivative is p - t; t is 1 - e at the label, and e / K more everywhere."""
    spread, classes = smoothing.label_smoothing, z.shape[1]
    for b in range(z.shape[0]):
        total, loss = softmax(z[b], slope[b]), 0.0
        for k in range(classes):
            target = spread / classes + (1.0 - spread if k == labels[b] else 0.0)
            slope[b, k] -= target
            if target > 0.0:
                loss -= target * (z[b, k] - total)
        losses[b] = loss


@part
def perceptron(z, labels, losses, slope):  # type: ignore[no-untyped-def]
    """(step(z) - y) z, the step taken as a constant."""
    for b in range(z.shape[0]):
        slope[b, 0] = (0.0 if z[b, 0] < 0.0 else 1.0) - labels[b]
        losses[b] = slope[b, 0] * z[b, 0]


@part
def of_error(error, link, z, labels, losses, slope):  # type: ignore[no-untyped-def]
    """An error of e = p - y, summed over the classes, where p is z, s(z), or softmax(z) beside a one-hot y.

    Its gradient passes the link: s' = p (1 - p), and of softmax dp_j / dz_k = p_j ((j = k) - p_k).
    """
    p = np.empty(z.shape[1], z.dtype)
    for b in range(z.shape[0]):
        loss, mean = 0.0, 0.0
        if link == SOFTMAX:
            softmax(z[b], p)
        for k in range(z.shape[1]):
            y = labels[b]
            if link == SOFTMAX:
                y = 1.0 if k == labels[b] else 0.0
            elif link == SIGMOID:
                p[k] = 1.0 / (1.0 + math.exp(-z[b, k]))
            else:
                p[k] = z[b, k]
            e = p[k] - y
            is_square = error == MSE or (error != MAE and abs(e) <= 1.0)
            half = 1.0 if error == MSE else 0.5
            loss += half * e * e if is_square else abs(e) - (0.0 if error == MAE else 0.5)
            slope[b, k] = 2.0 * half * e if is_square else np.sign(e)
            mean += slope[b, k] * p[k]
        for k in range(z.shape[1]):
            if link == SIGMOID:
                slope[b, k] *= p[k] * (1.0 - p[k])
            elif link == SOFTMAX:
                slope[b, k] = p[k] * (slope[b, k] - mean)
        losses[b] = loss


@part
def softmax(z, p):  # type: ignore[no-untyped-def]
    """p_k = exp(z_k) / sum of exp(z_j), of one row (K,); gives the logarithm of that sum."""
    top, total = z[0], 0.0
    for k in range(1, z.size):
        top = max(top, z[k])
    for k in range(z.size):
        p[k] = math.exp(z[k] - top)
        total += p[k]
    for k in range(z.size):
        p[k] /= total
    return top + math.log(total)
