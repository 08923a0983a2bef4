import pytest
import rtdl_num_embeddings
import tabm
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from src.models.build import build_model
from src.models.dropout import dropout_layers, set_rows
from src.models.embeddings import bins
from src.randomness import row_keys
from tests.models.tables import ARGUMENTS, ROWS, SPEC, TABM, TABM_TARGET, built

ARCHITECTURES = ("tabm", "tabm-mini")
INPUTS = ROWS.double()


def by_hand(model: nn.Module, member: int, arch_type: str) -> Tensor:
    """One of the k as the multilayer perceptron that it is (Gorishniy et al. 2025, section 3.3)."""
    values = dict(model.named_parameters())
    x = model.columns(INPUTS)
    if arch_type == "tabm-mini":
        x = x * values["backbone.affine.weight"][member]
    for layer in range(TABM["n_blocks"]):
        weight, bias = (values[f"backbone.blocks.{layer}.0.{name}"] for name in ("weight", "bias"))
        if arch_type == "tabm-mini":
            x = linear(x, weight, bias).relu()
        else:
            r, s = (values[f"backbone.blocks.{layer}.0.{name}"][member] for name in "rs")
            x = (linear(x * r, weight) * s + bias[member]).relu()
    return x @ values["output.weight"][member] + values["output.bias"][member]


@pytest.mark.parametrize("arch_type", ARCHITECTURES)
@pytest.mark.parametrize("k", [1, 3])
def test_each_of_the_k_is_a_multilayer_perceptron(arch_type, k):
    model = built(TABM_TARGET, arch_type=arch_type, k=k).eval()
    outputs = model(INPUTS)
    assert outputs.shape == (50, k, 2)
    for member in range(k):
        torch.testing.assert_close(outputs[:, member], by_hand(model, member, arch_type))


@pytest.mark.parametrize("arch_type", ARCHITECTURES)
def test_it_is_the_packages_model(arch_type):
    model = built(TABM_TARGET, arch_type=arch_type)
    embeddings = rtdl_num_embeddings.PiecewiseLinearEmbeddings(
        bins(SPEC.quantiles, 4), 3, activation=False, version="B"
    )
    package = tabm.TabM.make(
        n_num_features=2, cat_cardinalities=[3], d_out=2, num_embeddings=embeddings, arch_type=arch_type, **TABM
    ).double()
    names = {name: name.replace("columns.numbers.", "num_module.") for name in model.state_dict()}
    package.load_state_dict({names[name]: value for name, value in model.state_dict().items()})
    torch.testing.assert_close(model(INPUTS), package(INPUTS[:, :2], INPUTS[:, 2:].long()))


@pytest.mark.parametrize("arch_type", ARCHITECTURES)
@pytest.mark.parametrize("embedding", ["none", "periodic"])
def test_the_k_begin_with_one_scale_for_each_column(arch_type, embedding):
    arguments = ARGUMENTS[TABM_TARGET] | {"arch_type": arch_type, "embedding": embedding, "k": 200}
    values = dict(build_model(TABM_TARGET, arguments, SPEC, seed=0).named_parameters())
    scales = values["backbone.affine.weight" if arch_type == "tabm-mini" else "backbone.blocks.0.0.r"].detach()
    of_columns = scales.split([1, 1, 3] if embedding == "none" else [3, 3, 3], dim=1)
    for scale in of_columns:
        assert torch.equal(scale, scale[:, :1].expand_as(scale))
        assert bool((scale.abs() == 1).all()) == (embedding == "none")  # else normal
    drawn = torch.stack([scale[:, 0] for scale in of_columns])
    assert float(drawn.detach().square().mean()) == pytest.approx(1.0, abs=0.15)


def test_each_of_the_k_has_a_dropout_mask_of_its_own():
    model = built(TABM_TARGET, dropout=0.5, d_block=40)
    layers = dropout_layers(model)
    assert [layer.layer for layer in layers] == [0, 1]
    set_rows(layers, row_keys(5, torch.arange(8)))
    masks = layers[0](torch.ones(8, 3, 40))
    assert 0.4 < float((masks > 0).double().mean()) < 0.6
    assert not torch.equal(masks[:, 0], masks[:, 1])


def test_it_says_how_wide_it_is():
    assert built(TABM_TARGET).numbers_per_row == 3 * 9  # columns of 3 + 3 + 3
    assert built(TABM_TARGET, d_block=20).numbers_per_row == 3 * 20
