import math

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from src.models.dropout import Dropout, dropout_layers, replace_dropout, set_rows
from src.randomness import row_keys

RATES = [0.0, 0.1, 0.37, 0.5, 0.9]


@pytest.fixture(autouse=True)
def _same_inputs_every_time() -> None:
    torch.manual_seed(0)


def layer_at(rate=0.5, seed=0, layer=0, step=0, rows=64, width=0) -> Dropout:
    dropout = Dropout(rate, seed, layer, width)
    set_rows([dropout], row_keys(step, torch.arange(rows)))
    return dropout


@pytest.mark.parametrize("rate", RATES)
def test_keeps_the_right_share_and_scales_it(rate):
    inputs = torch.randn(1000, 200, generator=torch.Generator().manual_seed(0))
    outputs = layer_at(rate, rows=1000)(inputs)
    kept = outputs != 0
    assert abs(kept.double().mean() - (1 - rate)) <= 4 * math.sqrt(rate * (1 - rate) / kept.numel())
    torch.testing.assert_close(outputs[kept], inputs[kept] / (1 - rate))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_rate_zero_changes_no_bit_and_the_dtype_stays(dtype):
    inputs = torch.randn(8, 33, dtype=dtype)
    assert torch.equal(layer_at(0.0, rows=8)(inputs), inputs)
    outputs = layer_at(0.25, rows=8)(inputs)
    assert outputs.dtype == dtype
    assert torch.equal(outputs != 0, layer_at(0.25, rows=8)(torch.ones(8, 33)) != 0)


def test_evaluation_is_the_identity_and_needs_no_rows():
    inputs = torch.randn(5, 7)
    assert Dropout(0.5, 0, 0).eval()(inputs) is inputs


def test_trailing_axes_are_units_of_one_row():
    inputs = torch.ones(6, 3, 4, 5)
    assert torch.equal(layer_at(rows=6)(inputs), layer_at(rows=6)(inputs.flatten(1)).view_as(inputs))
    assert layer_at(rows=6)(torch.ones(6)).shape == (6,)


def test_gradient_flows_through_kept_units_only():
    inputs = torch.ones(6, 50, requires_grad=True)
    outputs = layer_at(0.2, rows=6)(inputs)
    outputs.sum().backward()
    assert inputs.grad is not None
    assert torch.equal(inputs.grad, outputs.detach())


@pytest.mark.parametrize("change", [{"seed": 1}, {"layer": 1}, {"step": 1}])
def test_seed_layer_and_step_each_change_the_mask(change):
    ones = torch.ones(64, 100)
    assert torch.equal(layer_at()(ones), layer_at()(ones))
    agreement = ((layer_at()(ones) > 0) == (layer_at(**change)(ones) > 0)).double().mean()
    assert abs(agreement - 0.5) < 4 * 0.5 / math.sqrt(6400)


@pytest.mark.parametrize("sizes", [(16, 16, 16, 16), (50, 14), (1, 0, 63)])
def test_shards_of_a_batch_give_what_the_whole_gives(sizes):
    inputs = torch.randn(64, 20)
    dropout = layer_at(step=7)
    whole, shards = dropout(inputs), []
    for rows, position in zip(inputs.split(sizes), torch.arange(64).split(sizes), strict=True):
        set_rows([dropout], row_keys(7, position))
        shards.append(dropout(rows))
    assert torch.equal(torch.cat(shards), whole)


@pytest.mark.parametrize("width", [0, 31])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_member_of_a_stack_gets_what_it_gets_alone(dtype, width):
    members = [layer_at(rate, seed, seed % 2, rows=12, width=width) for seed, rate in enumerate(RATES)]
    for seed, member in enumerate(members):
        set_rows([member], row_keys(10 * seed, (torch.arange(12) + 3 * seed) % 12))
    inputs, template = torch.randn(len(members), 12, 31, dtype=dtype), layer_at()
    parameters, buffers = stack_module_state(members)
    assert {name: tuple(buffer.shape) for name, buffer in buffers.items()} == {
        **dict.fromkeys(("rate", "highest", "scale", "state"), (5,)),
        "units": (5, width),
        "rows": (5, 12),
    }

    def forward(buffers: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional_call(template, (parameters, buffers), (inputs,))

    alone = torch.stack([member(rows) for member, rows in zip(members, inputs, strict=True)])
    assert torch.equal(vmap(forward)(buffers, inputs), alone)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"dropout: the rate must lie in \[0, 1\), but got "):
        Dropout(rate, 0, 0)


@pytest.mark.parametrize("rows", [0, 3, 5])
def test_training_without_the_batchs_rows_is_refused(rows):
    with pytest.raises(ValueError, match=r"keys of the batch's 4 rows, but got "):
        layer_at(rows=rows)(torch.ones(4, 2))


def test_knowing_the_width_changes_no_mask():
    ones = torch.ones(64, 100)
    assert torch.equal(layer_at(width=100)(ones), layer_at()(ones))


def test_no_buffer_is_saved():
    assert not Dropout(0.5, 0, 0).state_dict()


class Reused(nn.Module):
    """One nn.Dropout called twice in a forward pass, as many models do."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.stack([self.drop(inputs), self.drop(inputs)])


def test_replacing_finds_every_place_and_keeps_rate_and_mode():
    shared = nn.Dropout(0.3)
    model = nn.Sequential(nn.Linear(4, 4), shared, nn.Sequential(nn.Dropout(0.1).eval(), shared), Dropout(0.2, 9, 5))
    assert replace_dropout(model, seed=1) == 3
    layers = dropout_layers(model)
    assert [round(float(layer.rate), 6) for layer in layers] == [0.3, 0.1, 0.3, 0.2]
    assert sorted(layer.layer for layer in layers) == [5, 6, 7, 8]
    assert [layer.training for layer in layers] == [True, False, True, True]
    assert replace_dropout(model, seed=1) == 0


def test_a_reused_layer_draws_a_new_mask_at_each_call():
    model = Reused()
    assert replace_dropout(model, seed=0) == 1
    set_rows(dropout_layers(model), row_keys(0, torch.arange(64)))
    first, second = model(torch.ones(64, 100)) > 0
    assert torch.equal(first, layer_at()(torch.ones(64, 100)) > 0)
    assert abs((first == second).double().mean() - 0.5) < 4 * 0.5 / math.sqrt(6400)
    assert torch.equal(model(torch.ones(64, 100)) > 0, torch.stack([first, second]))


def test_a_reused_layer_does_the_same_in_a_stack():
    models = [Reused(), Reused()]
    for seed, model in enumerate(models):
        replace_dropout(model, seed)
        set_rows(dropout_layers(model), row_keys(4, torch.arange(8)))
    parameters, buffers = stack_module_state(models)
    ones = torch.ones(8, 30)
    stacked = vmap(lambda buffers: functional_call(models[0], (parameters, buffers), (ones,)))(buffers)
    assert torch.equal(stacked, torch.stack([model(ones) for model in models]))
