import logging

import pytest
import torch
from torch import Tensor, nn

from src.data_spec import DataSpec
from src.models.build import build_model, num_params
from src.models.dropout import dropout_layers
from src.models.mlp import MLP
from src.models.perceptron import Perceptron

MLP_ARGUMENTS = {"widths": (8,), "activation": "relu", "init": "he_normal", "bias": True, "dropout": 0.0, "norm": None}


class OwnModel(nn.Module):
    """A user's class: default torch initialisation, nn.Dropout, and only what it needs of what the data say."""

    def __init__(self, num_features: int, num_outputs: int, width: int = 6) -> None:
        super().__init__()
        layers = [nn.Linear(num_features, width), nn.ReLU(), nn.Dropout(0.4), nn.Linear(width, num_outputs)]
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layers(inputs.flatten(1))


class TakesShape(nn.Module):
    def __init__(self, *, input_shape: tuple[int, ...], seed: int, depth: int) -> None:
        super().__init__()
        self.input_shape, self.seed, self.depth = input_shape, seed, depth


class OtherNoise(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.AlphaDropout(0.1))


def build(target: object, arguments: dict[str, object] | None = None, seed: int = 0) -> nn.Module:
    path = target if isinstance(target, str) else f"{target.__module__}.{target.__qualname__}"
    return build_model(path, arguments or {}, DataSpec((1, 3, 4), 2), seed=seed)


def test_builds_ours():
    model = build("src.models.mlp.MLP", MLP_ARGUMENTS, seed=4)
    assert isinstance(model, MLP)
    expected = MLP(12, 2, **MLP_ARGUMENTS, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=True))
    perceptron = build("src.models.perceptron.Perceptron", {"activation": "identity", "init": "zeros", "bias": False})
    assert isinstance(perceptron, Perceptron)
    assert num_params(perceptron) == 24


def test_a_users_own_class_is_a_function_of_the_seed():
    before = torch.get_rng_state()
    first = build(OwnModel, {"width": 5}, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(123)
    again, other = build(OwnModel, {"width": 5}, seed=1), build(OwnModel, {"width": 5}, seed=2)
    assert num_params(first) == 12 * 5 + 5 + 5 * 2 + 2
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_passes_what_the_constructor_names():
    model = build(TakesShape, {"depth": 3}, seed=7)
    assert isinstance(model, TakesShape)
    assert (model.input_shape, model.seed, model.depth) == ((1, 3, 4), 7, 3)


def test_a_users_dropout_becomes_ours_and_the_log_says_so(caplog):
    with caplog.at_level(logging.INFO):
        model = build(OwnModel)
    assert [float(layer.rate) for layer in dropout_layers(model)] == [pytest.approx(0.4)]
    assert not any(isinstance(module, nn.Dropout) for module in model.modules())
    assert len(caplog.messages) == 1
    assert "OwnModel: replaced 1 nn.Dropout" in caplog.text


def test_other_noise_is_named_and_ours_is_silent(caplog):
    build(OtherNoise)
    assert "['AlphaDropout'] draws from torch's global generator" in caplog.text
    caplog.clear()
    build("src.models.mlp.MLP", MLP_ARGUMENTS)
    assert not caplog.messages


def test_frozen_parameters_do_not_count():
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    assert num_params(model) == 6


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        (
            "src.models.mlp.MPL",
            {},
            r"must be the dotted path of something that imports, but got 'src.models.mlp.MPL' \(Attrib",
        ),
        ("no_such_module.Net", {}, r"but got 'no_such_module.Net' \(ModuleNotFoundError: "),
        ("MLP", {}, "but got 'MLP'"),
        (
            "src.models.perceptron.rosenblatt",
            {},
            "must be a torch.nn.Module, but got 'src.models.perceptron.rosenblatt', which is <function",
        ),
        ("numpy.ndarray", {}, "must be a torch.nn.Module"),
        (
            "src.models.mlp.MLP",
            MLP_ARGUMENTS | {"depth": 2},
            r"must fit MLP\(.*, dropout, norm, seed\), but got.*'depth'",
        ),
        ("src.models.mlp.MLP", {"widths": (3,)}, "must fit MLP.*, but got: missing.*'activation'"),
        ("src.models.mlp.MLP", MLP_ARGUMENTS | {"seed": 2}, "the data and the run's seed must set .*, but got seed"),
    ],
)
def test_a_mistake_is_one_line_with_what_would_be_right(target, arguments, message):
    with pytest.raises(ValueError, match=message) as raised:
        build(target, arguments)
    assert "\n" not in str(raised.value)
