"""Dropout whose mask is a pure function of (seed, layer, step, position in the global batch, unit)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from src.randomness import Purpose, fold, keep_mask, key

MAX_BATCH = 2**24  # rows of one step; more would share masks with the next step


class Dropout(nn.Module):
    """Zeroes each unit with probability `rate` in training and divides the others by 1 - rate (Srivastava et al. 2014).

    Everything that decides the mask is a tensor buffer, so under `torch.func.functional_call` and `vmap` each may carry
    a member axis; none is saved in a checkpoint. Before each training step `set_rows` must say which step it is and
    where in the global batch each row stands. Differs from PyTorch: the mask does not depend on a generator's state.
    """

    rate: Tensor  # () float32
    state: Tensor  # () int64, key of seed and layer
    place: Tensor  # (B,) int64, step * MAX_BATCH + position in the global batch

    def __init__(self, rate: float, seed: int, layer: int) -> None:
        """Raises ValueError unless `rate` lies in [0, 1)."""
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"dropout: the rate must lie in [0, 1), but got {rate}.")
        self.layer = layer
        self.call = 0  # which use of this module within one forward pass of the model
        self.register_buffer("rate", torch.tensor(rate, dtype=torch.float32), persistent=False)
        self.register_buffer("state", key(seed, Purpose.DROPOUT, layer), persistent=False)
        self.register_buffer("place", torch.empty(0, dtype=torch.int64), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs (B, ...) in, the same shape out. Raises ValueError in training unless `place` holds B rows."""
        if not self.training:
            return inputs
        if self.place.shape != inputs.shape[:1]:
            raise ValueError(
                f"dropout: in training set_rows must give the position of each of the batch's {inputs.shape[0]} rows, "
                f"but got {tuple(self.place.shape)}."
            )
        state = fold(self.state, self.call) if self.call else self.state
        keep = 1.0 - self.rate
        kept = keep_mask(fold(state, self.place), math.prod(inputs.shape[1:]), keep).reshape(inputs.shape)
        return inputs * (kept / keep).to(inputs.dtype)

    def extra_repr(self) -> str:
        return f"rate={self.rate.tolist()}, layer={self.layer}"


def dropout_layers(model: nn.Module) -> list[Dropout]:
    """The model's dropout layers, in the order of its modules."""
    return [module for module in model.modules() if isinstance(module, Dropout)]


def set_rows(layers: Sequence[Dropout], step: int | Tensor, position: Tensor) -> None:
    """Tell `layers` the number of the training step and each row's position (B,) int64 in the global batch."""
    place = step * MAX_BATCH + position
    for layer in layers:
        # Straight into the buffers: nn.Module.__setattr__ costs ten times the assignment.
        layer._buffers["place"] = place.to(layer.state.device)


def replace_dropout(model: nn.Module, seed: int) -> int:
    """Put a `Dropout` in the place of every `torch.nn.Dropout` inside `model`; returns how many were replaced.

    One torch module that stands in several places, or is called several times in a forward pass, draws a new mask for
    each; so do its replacements, as long as the whole `model` is called.
    """
    first = 1 + max((layer.layer for layer in dropout_layers(model)), default=-1)
    places = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent._modules.items()  # `named_children` gives a shared module once only
        if isinstance(child, nn.Dropout)
    ]
    for layer, (parent, name, child) in enumerate(places, start=first):
        replacement = Dropout(child.p, seed, layer).train(child.training)
        replacement.register_forward_hook(_count_call)
        setattr(parent, name, replacement)
    if places:
        model.register_forward_pre_hook(_restart_calls)
    return len(places)


def _count_call(layer: Dropout, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    layer.call += 1


def _restart_calls(model: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    for layer in dropout_layers(model):
        layer.call = 0
