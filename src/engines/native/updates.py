"""Optimizer steps on flat vectors, compiled: one pass over weights, gradient and state. The rules of `src.optimizers`.

Each takes the weights p (P,), their gradient g (P,), the state (kinds, P), the numbers that it keeps beside them, float32
as torch does, and `Step`.
"""

from typing import NamedTuple

import numpy as np

from src.engines.native.compiled import part


class Step(NamedTuple):
    """Hyperparameters of one step; `number` is 1 at the first."""

    lr: float
    number: int
    weight_decay: float
    momentum: float
    beta1: float
    beta2: float


@part
def sgd(p, g, step):  # type: ignore[no-untyped-def]
    """p -= lr g."""
    lr, decay = p.dtype.type(step.lr), p.dtype.type(step.weight_decay)
    for i in range(p.size):
        p[i] -= lr * (g[i] + decay * p[i])


@part
def momentum(p, g, state, step):  # type: ignore[no-untyped-def]
    """b = mu b + g; p -= lr b."""
    lr, decay, mu = p.dtype.type(step.lr), p.dtype.type(step.weight_decay), p.dtype.type(step.momentum)
    b = state[0]
    for i in range(p.size):
        b[i] = mu * b[i] + (g[i] + decay * p[i])
        p[i] -= lr * b[i]


@part
def nesterov(p, g, state, step):  # type: ignore[no-untyped-def]
    """b = mu b + g; p -= lr (g + mu b)."""
    lr, decay, mu = p.dtype.type(step.lr), p.dtype.type(step.weight_decay), p.dtype.type(step.momentum)
    b = state[0]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        b[i] = mu * b[i] + slope
        p[i] -= lr * (slope + mu * b[i])


@part
def adagrad(p, g, state, step):  # type: ignore[no-untyped-def]
    """s += g^2; p -= lr g / (sqrt(s) + 1e-10)."""
    lr, decay, eps = p.dtype.type(step.lr), p.dtype.type(step.weight_decay), p.dtype.type(1e-10)
    s = state[0]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        s[i] += slope * slope
        p[i] -= lr * slope / (np.sqrt(s[i]) + eps)


@part
def rmsprop(p, g, state, step):  # type: ignore[no-untyped-def]
    """s = 0.99 s + 0.01 g^2; b = mu b + g / (sqrt(s) + 1e-8); p -= lr b."""
    lr, decay, mu = p.dtype.type(step.lr), p.dtype.type(step.weight_decay), p.dtype.type(step.momentum)
    kept, new, eps = p.dtype.type(0.99), p.dtype.type(0.01), p.dtype.type(1e-8)
    s, b = state[0], state[1]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        s[i] = kept * s[i] + new * slope * slope
        b[i] = mu * b[i] + slope / (np.sqrt(s[i]) + eps)
        p[i] -= lr * b[i]


@part
def adam(p, g, state, step, inside, outside):  # type: ignore[no-untyped-def]
    """m, v: moving means of g and g^2; p -= lr m^ / (sqrt(v^) + 1e-8).

    The weight decay is `inside` the gradient; or first p *= 1 - `outside`, as AdamW has it.
    """
    decay, shrink, count = p.dtype.type(inside), p.dtype.type(1.0 - outside), step.number
    keep1, keep2 = p.dtype.type(step.beta1), p.dtype.type(step.beta2)
    new1, new2 = p.dtype.type(1.0 - step.beta1), p.dtype.type(1.0 - step.beta2)
    correction = np.sqrt(1.0 - step.beta2**count)  # of the bias, taken out of the loop
    size, eps = p.dtype.type(step.lr * correction / (1.0 - step.beta1**count)), p.dtype.type(1e-8 * correction)
    m, v = state[0], state[1]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        m[i] = keep1 * m[i] + new1 * slope
        v[i] = keep2 * v[i] + new2 * slope * slope
        p[i] = shrink * p[i] - size * m[i] / (np.sqrt(v[i]) + eps)


@part
def nadam(p, g, state, numbers, step):  # type: ignore[no-untyped-def]
    """Adam with Nesterov's momentum, momentum decay 4e-3, the weight decay inside the gradient."""
    now = step.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * step.number))
    following = step.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * (step.number + 1)))
    numbers[0] *= np.float32(now)
    product = np.float64(numbers[0])
    of_gradient = p.dtype.type(step.lr * (1.0 - now) / (1.0 - product))
    of_mean = p.dtype.type(step.lr * following / (1.0 - product * following))
    keep1, keep2 = p.dtype.type(step.beta1), p.dtype.type(step.beta2)
    new1, new2 = p.dtype.type(1.0 - step.beta1), p.dtype.type(1.0 - step.beta2)
    decay, eps = p.dtype.type(step.weight_decay), p.dtype.type(1e-8)
    correction = p.dtype.type(1.0 / (1.0 - step.beta2**step.number))
    m, v = state[0], state[1]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        m[i] = keep1 * m[i] + new1 * slope
        v[i] = keep2 * v[i] + new2 * slope * slope
        p[i] -= (of_gradient * slope + of_mean * m[i]) / (np.sqrt(v[i] * correction) + eps)


NAMES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam")
KINDS = {name: kind for kind, name in enumerate(NAMES)}
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM, ADAMW, NADAM = range(len(NAMES))


@part
def update(kind, p, g, state, numbers, step):  # type: ignore[no-untyped-def]
    """A step of the optimizer at that place among `NAMES`."""
    if kind == SGD:
        sgd(p, g, step)
    elif kind == MOMENTUM:
        momentum(p, g, state, step)
    elif kind == NESTEROV:
        nesterov(p, g, state, step)
    elif kind == ADAGRAD:
        adagrad(p, g, state, step)
    elif kind == RMSPROP:
        rmsprop(p, g, state, step)
    elif kind == ADAM:
        adam(p, g, state, step, step.weight_decay, 0.0)
    elif kind == ADAMW:
        adam(p, g, state, step, 0.0, step.lr * step.weight_decay)
    elif kind == NADAM:
        nadam(p, g, state, numbers, step)
