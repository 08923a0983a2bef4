"""What a probe sees, against autograd on the model itself and NumPy."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from src.losses import bce
from src.models.mlp import MLP
from src.models.probe import FIGURES, QUANTILES, Probe
from src.randomness import Purpose, key, normal

ROWS, FEATURES = 40, 6


def data() -> tuple[torch.Tensor, torch.Tensor]:
    inputs = normal(key(0, Purpose.DATA), torch.arange(ROWS * FEATURES)).view(ROWS, FEATURES).double()
    return inputs, (inputs[:, 0] > 0).long()


def mlp(seed: int) -> nn.Module:
    build = partial(MLP, FEATURES, 1, widths=[5, 4], activation="relu", init="he_normal", bias=True, norm="layer")
    return build(dropout=0.5, seed=seed).double()


def seen(model: nn.Module, before: nn.Module, after: nn.Module) -> dict[str, float]:
    return Probe(model, bce, *data(), "binary")(before.state_dict(), after.state_dict())


def test_the_gradients_are_those_of_autograd_without_dropout():
    model = mlp(1).eval()
    inputs, labels = data()
    bce(model(inputs).squeeze(1), labels).mean().backward()
    figures = seen(mlp(2), mlp(3), model)
    for layer in ("hidden.0.linear", "hidden.1.linear", "output"):
        own = torch.cat([parameter.grad.flatten() for parameter in model.get_submodule(layer).parameters()])
        assert figures[f"gradient_norm/{layer}"] == pytest.approx(float(own.norm()), rel=1e-12)


def test_an_update_is_a_share_of_what_was_there():
    before, after = mlp(1), mlp(1)
    with torch.no_grad():
        for parameter in after.parameters():
            parameter.mul_(1.25)
    figures = seen(mlp(2), before, after)
    assert [figures[f"update_norm/{layer}"] for layer in ("hidden.0.linear", "output")] == pytest.approx([0.25, 0.25])


def test_weights_and_activations_are_described():
    model = mlp(1).eval()
    with torch.no_grad():
        model.hidden[0].norm.bias[2] = -1e3  # a unit that no row can move
    figures = seen(mlp(2), model, model)
    weights = model.output.weight.detach().flatten().numpy()
    for name, share in QUANTILES.items():
        assert figures[f"weight_{name}/output"] == np.quantile(weights, share, method="nearest")
    activations = model.hidden[0](data()[0]).detach()
    assert figures["activation_mean/hidden.0"] == pytest.approx(float(activations.mean()))
    assert figures["activation_sd/hidden.0"] == pytest.approx(float(activations.std(correction=0)))
    assert figures["dead_share/hidden.0"] == pytest.approx(1 / 5)
    assert {name.partition("/")[0] for name in figures} == FIGURES.keys()


def test_a_model_of_ones_own_is_seen_by_its_activation_modules():
    model = nn.Sequential(nn.Linear(FEATURES, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    figures = seen(model, model, model)
    assert figures["activation_mean/1"] == pytest.approx(float(model[:2](data()[0]).detach().mean()))
    assert {"gradient_norm/0", "gradient_norm/2"} <= figures.keys()
    assert not any("/2" in name for name in figures if name.startswith(("activation", "dead")))


def test_what_is_looked_at_stays_as_it_is():
    model, weights = mlp(1), mlp(1).state_dict()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    probe = Probe(model, bce, *data(), "binary")
    assert probe(weights, mlp(2).state_dict()) == probe(weights, mlp(2).state_dict())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
