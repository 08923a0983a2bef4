import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from src.models.activations import ACTIVATIONS, activation
from src.models.build import num_params
from src.models.dropout import dropout_layers, set_rows
from src.models.initialisers import INITIALISERS, initialiser
from src.models.mlp import MLP, NORMS
from src.randomness import Purpose, key, row_keys
from tests.models.stacking import assert_gradients_as_alone

SMOOTH = [name for name in ACTIVATIONS if name not in ("step", "relu", "leaky_relu")]


@pytest.fixture(autouse=True)
def _same_inputs_every_time() -> None:
    torch.manual_seed(0)


def mlp(num_features=5, num_outputs=3, **changes) -> MLP:
    arguments = {
        "widths": (7, 4),
        "activation": "tanh",
        "init": "glorot_normal",
        "bias": True,
        "dropout": 0.0,
        "norm": "none",
        "seed": 0,
    }
    return MLP(num_features, num_outputs, **(arguments | changes))


def shake(model: MLP) -> MLP:
    """Biases and norms are born 0 and 1, which would hide mistakes."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    return model


def by_hand(model: MLP, x: Tensor, name: str, norm: str) -> Tensor:
    x = x.reshape(len(x), -1)
    values = dict(model.named_parameters())
    for layer in range(len(model.hidden)):
        z = x @ values[f"hidden.{layer}.linear.weight"].T
        z = z + values.get(f"hidden.{layer}.linear.bias", 0.0)
        if norm == "layer":
            centred = z - z.mean(1, keepdim=True)
            z = centred / torch.sqrt((centred**2).mean(1, keepdim=True) + 1e-5)
            z = z * values[f"hidden.{layer}.norm.weight"] + values[f"hidden.{layer}.norm.bias"]
        x = activation(name)(z)
    return x @ values["output.weight"].T + values.get("output.bias", 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("bias", [True, False])
def test_forward_is_the_algebra(name, norm, bias):
    model = shake(mlp(6, activation=name, norm=norm, bias=bias).double())
    inputs = torch.randn(10, 1, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(model(inputs), by_hand(model, inputs, name, norm))


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("norm", NORMS)
def test_gradient_is_that_of_finite_differences(name, norm):
    model = shake(mlp(3, 2, widths=(4, 3), activation=name, norm=norm).double())
    names, values = zip(*model.named_parameters(), strict=True)
    inputs = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def forward(*values: Tensor) -> Tensor:
        return functional_call(model, dict(zip(names, values, strict=True)), (inputs,))

    assert torch.autograd.gradcheck(forward, tuple(value.detach().requires_grad_() for value in values))


@pytest.mark.parametrize("init", INITIALISERS)
def test_each_layer_is_drawn_with_its_own_key(init):
    before = torch.get_rng_state()
    model = mlp(init=init, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    layers = [*(hidden.linear for hidden in model.hidden), model.output]
    for number, (layer, (fan_out, fan_in)) in enumerate(zip(layers, [(7, 5), (4, 7), (3, 4)], strict=True)):
        expected = initialiser(init)(key(3, Purpose.WEIGHTS, number), fan_out, fan_in).float()
        assert torch.equal(layer.weight, expected)
        assert not layer.bias.any()


def test_without_widths_it_is_linear():
    model = mlp(widths=())
    inputs = torch.randn(4, 5)
    torch.testing.assert_close(model(inputs), inputs @ model.output.weight.T)
    assert torch.equal(model.first_layer_weight, model.output.weight)


def test_sizes():
    assert num_params(mlp()) == 5 * 7 + 7 + 7 * 4 + 4 + 4 * 3 + 3
    assert num_params(mlp(bias=False)) == 5 * 7 + 7 * 4 + 4 * 3
    assert num_params(mlp(norm="layer")) == num_params(mlp()) + 2 * (7 + 4)
    assert mlp().first_layer_weight.shape == (7, 5)


def test_weights_are_the_same_drawn_in_double_precision():
    torch.set_default_dtype(torch.float64)
    try:
        double = mlp()
    finally:
        torch.set_default_dtype(torch.float32)
    for exact, rounded in zip(double.parameters(), mlp().parameters(), strict=True):
        assert exact.dtype == torch.float64
        assert torch.equal(exact.float(), rounded)


def test_dropout_follows_each_activation_and_scales_it():
    model = mlp(widths=(50, 40), dropout=0.3, activation="identity", bias=False).double()
    layers = dropout_layers(model)
    assert [layer.layer for layer in layers] == [0, 1]
    set_rows(layers, row_keys(5, torch.arange(8)))
    inputs = torch.randn(8, 5, dtype=torch.float64)
    first, second = layers[0](torch.ones(8, 50).double()), layers[1](torch.ones(8, 40).double())
    weights = [hidden.linear.weight for hidden in model.hidden]
    expected = ((inputs @ weights[0].T * first) @ weights[1].T * second) @ model.output.weight.T
    torch.testing.assert_close(model(inputs), expected)
    torch.testing.assert_close(model.eval()(inputs), inputs @ weights[0].T @ weights[1].T @ model.output.weight.T)


@pytest.mark.parametrize("norm", NORMS)
def test_a_member_of_a_stack_gives_the_gradient_that_it_gives_alone(norm):
    members = [mlp(dropout=0.1 + 0.2 * seed, norm=norm, seed=seed).double() for seed in range(3)]
    assert_gradients_as_alone(members, torch.randn(3, 6, 5, dtype=torch.float64))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (8, 0)}, r"widths: every layer must have at least 1 unit, but got \[8, 0\]\."),
        ({"activation": "rleu"}, "activation: must be one of identity"),
        ({"init": "kaiming"}, "init: must be one of normal"),
        ({"norm": "batch"}, r"norm: must be one of none, layer, but got 'batch'\."),
        ({"dropout": 1.0}, "dropout: the rate must lie in"),
        ({"dropout": -0.5}, "dropout: the rate must lie in"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        mlp(**change)
