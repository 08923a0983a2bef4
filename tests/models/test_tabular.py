import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, stack_module_state, vmap

from src.models.build import build_model
from src.models.dropout import dropout_layers, set_rows
from src.models.embeddings import EMBEDDINGS
from src.models.mlp import MLP
from src.randomness import row_keys
from tests.models import tables
from tests.models.tables import ARGUMENTS, ROWS, SPEC, TABM_TARGET, TABULAR, built

KINDS = [
    *((TABULAR, {"embedding": name, "norm": "layer"}) for name in EMBEDDINGS),
    (TABULAR, {"d_category": 2}),
    *((TABM_TARGET, {"embedding": name}) for name in EMBEDDINGS),
    (TABM_TARGET, {"arch_type": "tabm-mini", "d_category": 2}),
]


def test_it_is_an_mlp_of_the_embedded_columns():
    model = built(TABULAR).double()
    mlp = MLP(2 * 3 + 3, 2, **tables.MLP, seed=0).double()
    mlp.load_state_dict(model.mlp.state_dict())
    torch.testing.assert_close(model(ROWS.double()), mlp(model.columns(ROWS.double())))


def test_its_hidden_layers_begin_as_those_of_an_mlp():
    model, mlp = build_model(TABULAR, ARGUMENTS[TABULAR], SPEC, seed=5), MLP(9, 2, **tables.MLP, seed=5)
    assert all(torch.equal(a, b) for a, b in zip(model.mlp.parameters(), mlp.parameters(), strict=True))


@pytest.mark.parametrize(("target", "changes"), KINDS)
def test_the_weights_are_a_function_of_the_seed(target, changes):
    arguments = ARGUMENTS[target] | changes
    before = torch.get_rng_state()
    first = build_model(target, arguments, SPEC, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(123)
    again, other = (build_model(target, arguments, SPEC, seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(value, again[name]) for name, value in first.state_dict().items())
    drawn = [name for name, parameter in first.named_parameters() if parameter.std() > 0]
    assert len(drawn) > 2
    assert not any(torch.equal(first.state_dict()[name], other[name]) for name in drawn)


@pytest.mark.parametrize(("target", "changes"), KINDS)
def test_a_member_of_a_stack_gives_the_gradient_that_it_gives_alone(target, changes):
    members = [built(target, seed, dropout=0.1 + 0.2 * seed, **changes) for seed in range(3)]
    for seed, member in enumerate(members):
        set_rows(dropout_layers(member.train()), row_keys(2 + seed, torch.arange(6)))
    inputs = ROWS[:18].double().view(3, 6, 3)

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional_call(members[0], (parameters, buffers), (inputs,)).square().sum()

    gradients = vmap(grad(loss))(*stack_module_state(members), inputs)
    for number, member in enumerate(members):
        member(inputs[number]).square().sum().backward()
        for name, parameter in member.named_parameters():
            torch.testing.assert_close(gradients[name][number], parameter.grad, rtol=1e-9, atol=1e-11)
