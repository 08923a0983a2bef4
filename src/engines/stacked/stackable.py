"""Whether a model can be a member of a stack: the member axis must go through it, and its numbers must not change."""

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from src.data.dataset import Dataset
from src.models.dropout import dropout_layers, set_rows


def why_model_not(model: nn.Module, dataset: Dataset) -> str | None:
    """Why `model`, in the type that it trains in, must be trained by itself; None if it can be a member of a stack."""
    for name, module in model.named_modules():
        if getattr(module, "track_running_stats", False):
            return f"{name} ({type(module).__name__}) keeps running statistics"
    inputs = dataset.train.inputs[:2].to(next(model.parameters()).dtype)
    rows = torch.arange(len(inputs))
    set_rows(dropout_layers(model.train()), rows)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        torch.func.functional_call(model, {}, (inputs,))
        changed = [name for name, buffer in model.named_buffers() if not torch.equal(buffer, before[name])]
        if changed:
            return f"its forward pass changes its buffers {', '.join(changed)}"
        values = {name: value for part in stack_module_state([model, model]) for name, value in part.items()}
        outputs = vmap(lambda values: functional_call(model, values, (inputs,)))(values)
        outputs.sum().backward()
    except Exception as error:  # whatever torch finds that has no member axis
        return f"{type(model).__name__}: {' '.join(str(error).split())[:200]}"
    return None
