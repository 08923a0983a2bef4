"""Activation functions g(z) and their derivatives g'(z) on vectors, compiled: those of `src.models.activations`.

All in two functions: each function of its own would cost as much to compile as all the loops here.
"""

import math

from src.engines.native.compiled import part

NAMES = ("identity", "step", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus")
KINDS = {name: kind for kind, name in enumerate(NAMES)}
IDENTITY, STEP, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SELU, GELU, SILU, SOFTPLUS = range(len(NAMES))
ALPHA, LAMBDA = 1.6732632423543772848, 1.0507009873554804934  # of SELU, as torch has them
ROOT2, ROOT2PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)

# Comparisons are such that a NaN stays one.


@part
def activate(kind, z, a):  # type: ignore[no-untyped-def]
    """a = g(z)."""
    if kind == IDENTITY:
        for i in range(z.size):
            a[i] = z[i]
    elif kind == STEP:
        for i in range(z.size):
            a[i] = 0.0 if z[i] < 0.0 else 1.0
    elif kind == SIGMOID:
        for i in range(z.size):
            a[i] = 1.0 / (1.0 + math.exp(-z[i]))
    elif kind == TANH:
        for i in range(z.size):
            a[i] = math.tanh(z[i])
    elif kind == RELU:
        for i in range(z.size):
            a[i] = 0.0 if z[i] < 0.0 else z[i]
    elif kind == LEAKY_RELU:
        for i in range(z.size):
            a[i] = z[i] if z[i] > 0.0 else 0.01 * z[i]
    elif kind == ELU:
        for i in range(z.size):
            a[i] = z[i] if z[i] > 0.0 else math.expm1(z[i])
    elif kind == SELU:
        for i in range(z.size):
            a[i] = LAMBDA * (z[i] if z[i] > 0.0 else ALPHA * math.expm1(z[i]))
    elif kind == GELU:
        for i in range(z.size):
            a[i] = 0.5 * z[i] * (1.0 + math.erf(z[i] / ROOT2))
    elif kind == SILU:
        for i in range(z.size):
            a[i] = z[i] / (1.0 + math.exp(-z[i]))
    elif kind == SOFTPLUS:
        for i in range(z.size):
            a[i] = z[i] if z[i] > 20.0 else math.log1p(math.exp(z[i]))


@part
def chain(kind, z, a, slope):  # type: ignore[no-untyped-def]
    """dL/dz = dL/da g'(z), in place of dL/da in `slope`."""
    if kind == STEP:
        for i in range(z.size):
            slope[i] = 0.0
    elif kind == SIGMOID:
        for i in range(z.size):
            slope[i] *= a[i] * (1.0 - a[i])
    elif kind == TANH:
        for i in range(z.size):
            slope[i] *= 1.0 - a[i] * a[i]
    elif kind == RELU:
        for i in range(z.size):
            slope[i] = 0.0 if z[i] <= 0.0 else slope[i]
    elif kind == LEAKY_RELU:
        for i in range(z.size):
            slope[i] *= 1.0 if z[i] > 0.0 else 0.01
    elif kind == ELU:
        for i in range(z.size):
            slope[i] *= 1.0 if z[i] > 0.0 else math.exp(z[i])
    elif kind == SELU:
        for i in range(z.size):
            slope[i] *= LAMBDA * (1.0 if z[i] > 0.0 else ALPHA * math.exp(z[i]))
    elif kind == GELU:
        for i in range(z.size):
            below = 0.5 * (1.0 + math.erf(z[i] / ROOT2))  # Phi(z)
            slope[i] *= below + z[i] * math.exp(-0.5 * z[i] * z[i]) / ROOT2PI
    elif kind == SILU:
        for i in range(z.size):
            s = 1.0 / (1.0 + math.exp(-z[i]))
            slope[i] *= s * (1.0 + z[i] * (1.0 - s))
    elif kind == SOFTPLUS:
        for i in range(z.size):
            slope[i] *= 1.0 if z[i] > 20.0 else 1.0 / (1.0 + math.exp(-z[i]))
