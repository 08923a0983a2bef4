"""That a model may be a member of a stack."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from src.models.dropout import dropout_layers, set_rows
from src.randomness import row_keys


def assert_gradients_as_alone(members: Sequence[nn.Module], inputs: Tensor) -> None:
    """Each of `members` has the gradient in a stack that it has alone, dropout included; `inputs` (M, B, ...) of each."""
    for seed, member in enumerate(members):
        set_rows(dropout_layers(member), row_keys(2 + seed, torch.arange(inputs.shape[1])))

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional_call(members[0], (parameters, buffers), (inputs,)).square().sum()

    gradients = vmap(torch.func.grad(loss))(*stack_module_state(list(members)), inputs)
    for number, member in enumerate(members):
        member(inputs[number]).square().sum().backward()
        for name, parameter in member.named_parameters():
            torch.testing.assert_close(gradients[name][number], parameter.grad, rtol=1e-10, atol=1e-12)
