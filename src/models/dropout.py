"""Dropout whose mask is a pure function of (seed, layer, step, position in the global batch, unit)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from src.randomness import Purpose, fold, highest_kept, keep_mask, key, unit_keys


class Dropout(nn.Module):
    """Zeroes each unit with probability `rate` in training and divides the others by 1 - rate (Srivastava et al. 2014).

    Everything that decides the mask is a tensor buffer, so under `torch.func.functional_call` and `vmap` each may carry
    a member axis; none is saved in a checkpoint. Before each training step `set_rows` must give the keys of the batch's
    rows. Differs from PyTorch: the mask does not depend on a generator's state. `width`: the units of a row, if known,
    saves drawing their keys at each call.
    """

    rate: Tensor  # () float32
    highest: Tensor  # () int64, the largest hash that is kept
    scale: Tensor  # () float32, 1 / (1 - rate)
    state: Tensor  # () int64, key of seed and layer
    units: Tensor  # (width,) int64, keys of the units
    rows: Tensor  # (B,) int64, keys of the batch's rows

    def __init__(self, rate: float, seed: int, layer: int, width: int = 0) -> None:
        """Raises ValueError unless `rate` lies in [0, 1)."""
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"dropout: the rate must lie in [0, 1), but got {rate}.")
        self.layer = layer
        self.idle = rate == 0.0  # nothing is ever dropped; a stack clears it where some member drops
        self.call = 0  # which use of this module within one forward pass of the model
        keep, state = torch.tensor(1.0 - rate, dtype=torch.float32), key(seed, Purpose.DROPOUT, layer)
        buffers = {
            "rate": torch.tensor(rate, dtype=torch.float32),
            "highest": highest_kept(keep),
            "scale": 1.0 / keep,
            "state": state,
            "units": unit_keys(state, width),
            "rows": torch.empty(0, dtype=torch.int64),
        }
        for name, buffer in buffers.items():
            self.register_buffer(name, buffer, persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs (B, ...) in, the same shape out. Raises ValueError in training unless `rows` holds B keys."""
        if self.idle or not self.training:
            return inputs
        if self.rows.shape != inputs.shape[:1]:
            raise ValueError(
                f"dropout: in training set_rows must give the keys of the batch's {inputs.shape[0]} rows, "
                f"but got {tuple(self.rows.shape)}."
            )
        kept = keep_mask(self.rows, self._units(math.prod(inputs.shape[1:])), self.highest).reshape(inputs.shape)
        return inputs * (kept * self.scale).to(inputs.dtype)

    def _units(self, width: int) -> Tensor:
        if self.call:
            return unit_keys(fold(self.state, self.call), width)
        return self.units if self.units.shape[-1] == width else unit_keys(self.state, width)

    def extra_repr(self) -> str:
        return f"rate={self.rate.tolist()}, layer={self.layer}"


def dropout_layers(model: nn.Module) -> list[Dropout]:
    """The model's dropout layers, in the order of its modules."""
    return [module for module in model.modules() if isinstance(module, Dropout)]


def set_rows(layers: Sequence[Dropout], rows: Tensor) -> None:
    """Tell `layers` the keys of the next training step's rows (B,), from `src.randomness.row_keys`."""
    for layer in layers:
        # Straight into the buffers: nn.Module.__setattr__ costs ten times the assignment.
        layer._buffers["rows"] = rows


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
