"""Modules as users write them, some of which have no member axis."""

import torch
from torch import Tensor, nn


class Plain(nn.Module):
    """Linear layers with torch's own dropout between them."""

    def __init__(self, num_features: int, num_outputs: int, width: int = 6) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(num_features, width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, num_outputs)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layers(inputs.flatten(1))


class Normed(Plain):
    """With running statistics."""

    def __init__(self, num_features: int, num_outputs: int) -> None:
        super().__init__(num_features, num_outputs)
        self.layers.insert(1, nn.BatchNorm1d(6))


class Noisy(Plain):
    """With draws from the global generator."""

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs + 0.1 * torch.randn_like(inputs))


class Counting(Plain):
    """With a buffer that changes."""

    def __init__(self, num_features: int, num_outputs: int) -> None:
        super().__init__(num_features, num_outputs)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(inputs)


class Branching(Plain):
    """That looks at numbers to decide what to do."""

    def forward(self, inputs: Tensor) -> Tensor:
        outputs = super().forward(inputs)
        return outputs if outputs.sum() > 0 else -outputs
