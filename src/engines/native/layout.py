"""Where the numbers of a model lie in a flat vector, and how they come there and back."""

from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor, nn

from src.engines.native.activations import KINDS
from src.engines.native.units import Network


class Layout:
    """Of an MLP or perceptron that is built: its linear layers, in their order."""

    def __init__(self, model: nn.Module, hidden: str, output: str) -> None:
        """`hidden` and `output` name the activations of the hidden layers and of the last."""
        layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
        self.shapes = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
        ends = list(accumulate(int(np.prod(shape)) for shape in self.shapes.values()))
        self.slices = {name: slice(*ends) for name, ends in zip(self.shapes, pairwise([0, *ends]), strict=True)}
        widths = [layers[0][1].in_features, *(layer.out_features for _, layer in layers)]
        self.network = Network(
            widths=_ints(widths),
            weights=_ints([self._start(f"{name}.weight") for name, _ in layers]),
            biases=_ints([self._start(f"{name}.bias") for name, _ in layers]),
            scales=_ints([self._start(f"{name.removesuffix('linear')}norm.weight") for name, _ in layers]),
            columns=_ints([0, *accumulate(widths[1:-1])]),
            activations=_ints([*[KINDS[hidden]] * (len(layers) - 1), KINDS[output]]),
        )

    def _start(self, name: str) -> int:
        return self.slices[name].start if name in self.slices else -1

    @property
    def size(self) -> int:
        return max((part.stop for part in self.slices.values()), default=0)

    def flat(self, model: nn.Module, dtype: torch.dtype) -> Tensor:
        """The parameters of `model` as one vector (P,)."""
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).to(dtype)

    def named(self, flat: Tensor) -> dict[str, Tensor]:
        """A vector (P,) as the tensors of the model's `state_dict`."""
        return {name: flat[part].view(self.shapes[name]).clone() for name, part in self.slices.items()}


def _ints(values: list[int]) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    return np.array(values, np.int64)
