import math

import pytest
import torch
from torch import Tensor

from src.models.activations import ACTIVATIONS, activation

POINTS = [-6.0, -1.7, -0.3, 0.2, 1.1, 5.0]  # no kink among them
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
CLOSED_FORMS = {
    "identity": lambda z: z,
    "step": lambda z: float(z >= 0),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "selu": lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * (math.exp(z) - 1)),
    "gelu": lambda z: z * 0.5 * (1 + math.erf(z / math.sqrt(2))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
}


def points() -> Tensor:
    return torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_values_are_those_of_the_formula(name):
    expected = torch.tensor([CLOSED_FORMS[name](z) for z in POINTS], dtype=torch.float64)
    torch.testing.assert_close(activation(name)(points()).detach(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_is_that_of_finite_differences(name):
    z, h = points(), 1e-6
    g = activation(name)
    (gradient,) = torch.autograd.grad(g(z).sum(), z)
    expected = (g(z + h) - g(z - h)) / (2 * h)
    torch.testing.assert_close(gradient, expected.detach(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_shape_and_dtype_stay_and_vmap_changes_nothing(name):
    z = torch.linspace(-3, 3, 24).view(2, 3, 4)
    g = activation(name)
    assert g(z).shape == z.shape
    assert g(z).dtype == z.dtype
    torch.testing.assert_close(torch.func.vmap(g)(z), g(z))


def test_step_is_one_at_zero_with_zero_gradient():
    z = torch.tensor([-1e-30, -0.0, 0.0, 1e-30], requires_grad=True)
    outputs = activation("step")(z)
    assert outputs.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert torch.autograd.grad(outputs.sum(), z)[0].tolist() == [0.0] * 4


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"activation: must be one of identity, step, .*softplus, but got 'rleu'\."):
        activation("rleu")
