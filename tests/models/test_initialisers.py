import math

import pytest
import torch
from scipy import stats
from torch import nn

from src.models.initialisers import INITIALISERS, initialiser, linear
from src.randomness import Purpose, key

FAN_OUT, FAN_IN = 300, 200
VARIANCES = {
    "normal": 0.05**2,
    "uniform": 0.05**2 / 3,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
    "orthogonal": 1 / FAN_OUT,  # columns of length 1
    "zeros": 0.0,
}
DRAWN = [name for name in INITIALISERS if name != "zeros"]
SEEDS_AND_LAYERS = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)]


def state(seed=0, layer=0):
    return key(seed, Purpose.WEIGHTS, layer)


@pytest.mark.parametrize("name", VARIANCES)
def test_moments_are_those_of_the_formula(name):
    weight = initialiser(name)(state(), FAN_OUT, FAN_IN)
    assert weight.shape == (FAN_OUT, FAN_IN)
    assert weight.dtype == torch.float64
    variance, count = VARIANCES[name], FAN_OUT * FAN_IN
    assert abs(weight.mean()) <= 4 * math.sqrt(variance / count)
    # A normal's sample variance has a relative standard error of sqrt(2 / n), a uniform's less.
    assert abs(weight.var() - variance) <= 4 * variance * math.sqrt(2 / count)


@pytest.mark.parametrize("name", [name for name in VARIANCES if name.endswith("normal")])
def test_normals_are_normal(name):
    weight = initialiser(name)(state(), FAN_OUT, FAN_IN) / math.sqrt(VARIANCES[name])
    assert stats.kstest(weight.flatten().numpy(), "norm").pvalue > 0.01


@pytest.mark.parametrize("name", [name for name in VARIANCES if name.endswith("uniform")])
def test_uniforms_fill_their_interval(name):
    bound = math.sqrt(3 * VARIANCES[name])
    weight = initialiser(name)(state(), FAN_OUT, FAN_IN)
    assert stats.kstest(weight.flatten().numpy(), "uniform", args=(-bound, 2 * bound)).pvalue > 0.01


@pytest.mark.parametrize(("fan_out", "fan_in"), [(20, 20), (7, 20), (20, 7), (1, 5)])
def test_orthogonal_has_orthonormal_rows_or_columns(fan_out, fan_in):
    weight = initialiser("orthogonal")(state(), fan_out, fan_in)
    gram = weight @ weight.T if fan_out <= fan_in else weight.T @ weight
    torch.testing.assert_close(gram, torch.eye(min(fan_out, fan_in), dtype=torch.float64), rtol=0, atol=1e-12)


def test_orthogonal_is_uniform_among_rotations():
    # Of a uniformly drawn 2 x 2 orthogonal matrix the first column's angle is uniform; without signs it is not.
    weights = torch.stack([initialiser("orthogonal")(state(seed), 2, 2) for seed in range(1000)])
    angles = torch.atan2(weights[:, 1, 0], weights[:, 0, 0])
    assert stats.kstest(angles.numpy(), "uniform", args=(-math.pi, 2 * math.pi)).pvalue > 0.01
    assert abs(torch.linalg.det(weights).mean()) < 4 / math.sqrt(1000)


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_same_key_gives_the_same_weight_and_no_generator_is_touched(name):
    before = torch.get_rng_state()
    first = initialiser(name)(state(3, 1), 5, 4)
    torch.manual_seed(99)
    assert (first.shape, first.dtype) == ((5, 4), torch.float64)
    assert torch.equal(initialiser(name)(state(3, 1), 5, 4), first)
    torch.set_rng_state(before)
    initialiser(name)(state(3, 1), 5, 4)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", DRAWN)
def test_layers_and_seeds_are_independent(name):
    draws = torch.stack([initialiser(name)(state(seed, layer), 60, 50).flatten() for seed, layer in SEEDS_AND_LAYERS])
    correlation = torch.corrcoef(draws) - torch.eye(len(draws))
    assert correlation.abs().max() < 4.5 / math.sqrt(3000)


@pytest.mark.parametrize("bias", [True, False])
def test_linear_holds_the_weight_and_a_zero_bias(bias):
    before = torch.get_rng_state()
    layer = linear(4, 3, bias=bias, init="he_normal", state=state())
    assert torch.equal(torch.get_rng_state(), before)
    assert isinstance(layer, nn.Linear)
    assert torch.equal(layer.weight, initialiser("he_normal")(state(), 3, 4).float())
    assert layer.bias is None if not bias else layer.bias.tolist() == [0.0] * 3
    assert all(parameter.requires_grad for parameter in layer.parameters())


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"init: must be one of normal, uniform, .*zeros, but got 'kaiming'\."):
        initialiser("kaiming")
