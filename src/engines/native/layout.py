"""Where the numbers of a model lie in a flat vector, and how they come there and back."""

from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor, nn

from src.engines.native.activations import KINDS
from src.engines.native.units import LAYER


class Layout:
    """Of an MLP or perceptron that is built: its linear layers, in their order."""

    def __init__(self, model: nn.Module, hidden: str, output: str) -> None:
        """`hidden` and `output` name the activations of the hidden layers and of the last."""
        layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
        self.shapes = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
        ends = list(accumulate(int(np.prod(shape)) for shape in self.shapes.values()))
        self.slices = {name: slice(*ends) for name, ends in zip(self.shapes, pairwise([0, *ends]), strict=True)}
        self.network = np.zeros(len(layers), LAYER)
        column = 0
        for own, (name, layer) in zip(self.network, layers, strict=True):
            own["inputs"], own["outputs"], own["column"] = layer.in_features, layer.out_features, column
            own["weight"], own["bias"] = self._start(f"{name}.weight"), self._start(f"{name}.bias")
            own["scale"] = self._start(f"{name.removesuffix('linear')}norm.weight")
            own["activation"] = KINDS[output if name == layers[-1][0] else hidden]
            column += layer.out_features

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
