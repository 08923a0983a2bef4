"""Losses of a batch and their gradients by the outputs, compiled: those of `src.losses`.

Each takes outputs z (B, K), labels (B,) and where the gradients go (B, K), and gives the sum of the losses.
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
def loss_of(kind, z, labels, smoothing, slope):  # type: ignore[no-untyped-def]
    """The sum of the losses of the kind at that place among `NAMES`."""
    if kind == BCE:
        return bce(z, labels, smoothing, slope)
    if kind == CROSS_ENTROPY:
        return cross_entropy(z, labels, smoothing, slope)
    if kind == PERCEPTRON:
        return perceptron(z, labels, slope)
    return of_error((kind - FIRST_ERROR) // 3, (kind - FIRST_ERROR) % 3, z, labels, slope)


@part
def bce(z, labels, smoothing, slope):  # type: ignore[no-untyped-def]
    """(1 - y) z + (1 + (w - 1) y) log(1 + exp(-z)), whose derivative is (1 - y) - (1 + (w - 1) y) s(-z)."""
    total = 0.0
    for b in range(z.shape[0]):
        y = labels[b] * (1.0 - smoothing.label_smoothing) + 0.5 * smoothing.label_smoothing
        weight = 1.0 + (smoothing.pos_weight - 1.0) * y
        total += (1.0 - y) * z[b, 0] + weight * (math.log1p(math.exp(-abs(z[b, 0]))) + max(-z[b, 0], 0.0))
        slope[b, 0] = (1.0 - y) - weight / (1.0 + math.exp(z[b, 0]))
    return total


@part
def cross_entropy(z, labels, smoothing, slope):  # type: ignore[no-untyped-def]
    """-sum of t log p, whose derivative is p - t; t is 1 - e at the label, and e / K more everywhere."""
    softmax(z, slope)
    total, spread, classes = 0.0, smoothing.label_smoothing, z.shape[1]
    for b in range(z.shape[0]):
        top, powers = z[b].max(), 0.0
        for k in range(classes):
            powers += math.exp(z[b, k] - top)
        for k in range(classes):
            target = spread / classes + (1.0 - spread if k == labels[b] else 0.0)
            slope[b, k] -= target
            if target > 0.0:
                total -= target * (z[b, k] - top - math.log(powers))
    return total


@part
def perceptron(z, labels, slope):  # type: ignore[no-untyped-def]
    """(step(z) - y) z, the step taken as a constant."""
    total = 0.0
    for b in range(z.shape[0]):
        slope[b, 0] = (0.0 if z[b, 0] < 0.0 else 1.0) - labels[b]
        total += slope[b, 0] * z[b, 0]
    return total


@part
def of_error(error, link, z, labels, slope):  # type: ignore[no-untyped-def]
    """An error of e = p - y, summed over the classes, where p is z, s(z), or softmax(z) beside a one-hot y.

    Its gradient passes the link: s' = p (1 - p), and of softmax dp_j / dz_k = p_j ((j = k) - p_k).
    """
    p, total = np.empty_like(slope), 0.0
    if link == SOFTMAX:
        softmax(z, p)
    for b in range(z.shape[0]):
        mean = 0.0
        for k in range(z.shape[1]):
            y = labels[b]
            if link == SOFTMAX:
                y = 1.0 if k == labels[b] else 0.0
            elif link == SIGMOID:
                p[b, k] = 1.0 / (1.0 + math.exp(-z[b, k]))
            else:
                p[b, k] = z[b, k]
            e = p[b, k] - y
            is_square = error == MSE or (error != MAE and abs(e) <= 1.0)
            half = 1.0 if error == MSE else 0.5
            total += half * e * e if is_square else abs(e) - (0.0 if error == MAE else 0.5)
            slope[b, k] = 2.0 * half * e if is_square else np.sign(e)
            mean += slope[b, k] * p[b, k]
        for k in range(z.shape[1]):
            if link == SIGMOID:
                slope[b, k] *= p[b, k] * (1.0 - p[b, k])
            elif link == SOFTMAX:
                slope[b, k] = p[b, k] * (slope[b, k] - mean)
    return total


@part
def softmax(z, p):  # type: ignore[no-untyped-def]
    """exp(z_k) / sum of exp(z_j), row by row."""
    for b in range(z.shape[0]):
        top, total = z[b].max(), 0.0
        for k in range(z.shape[1]):
            p[b, k] = math.exp(z[b, k] - top)
            total += p[b, k]
        for k in range(z.shape[1]):
            p[b, k] /= total
