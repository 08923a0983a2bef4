"""A convolutional network of a few stages."""

from collections.abc import Callable, Sequence
from itertools import count, pairwise

from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from src.models.activations import activation as activation_called
from src.models.dropout import Dropout
from src.models.images import image_size
from src.models.initialisers import convolution, linear
from src.randomness import Purpose, key

# Axes: B rows, C channels, H and W of an image.

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda channels: nn.Identity(),
    "layer": lambda channels: nn.GroupNorm(1, channels),  # over all of one example, eps 1e-5 (Ba et al. 2016)
    "instance": lambda channels: nn.GroupNorm(channels, channels),  # over a channel's places (Ulyanov et al. 2016)
}


class ConvLayer(nn.Module):
    """convolution -> norm -> activation, (B, C, H, W) to (B, C', H, W)."""

    def __init__(self, convolution: nn.Conv2d, norm: nn.Module, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.convolution, self.norm, self.activation = convolution, norm, activation

    def forward(self, inputs: Tensor) -> Tensor:
        return self.activation(self.norm(self.convolution(inputs)))


class CNN(nn.Module):
    """Stages of convolutions with max pooling between them, then the mean over all places, then a linear layer of logits.

    A stage is `convs_per_stage` layers of equally many `channels`, which keep the image's size (Simonyan and Zisserman
    2015); pooling halves it. The mean over places is global average pooling (Lin et al. 2014). The weights of layer l (from
    0, the output layer last) are drawn by `init` with the key (seed, WEIGHTS, l), biases are 0, in the default dtype.
    `dropout` is the rate on the output layer's inputs; `norm` is "layer", "instance" or "none", which None also means: no
    example knows of others. Raises ValueError for an unknown name, and if inputs are no images or too small for so many stages.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: int,
        *,
        channels: Sequence[int],
        convs_per_stage: int,
        kernel_size: int,
        activation: str,
        init: str,
        dropout: float,
        norm: str | None,
        seed: int,
    ) -> None:
        super().__init__()
        in_channels, height, width = image_size(input_shape)
        if len(channels) > (most := min(height, width).bit_length()):  # pooling leaves nothing for more
            raise ValueError(
                f"model.channels: must have at most {most} stages for images of {height}x{width}, "
                f"but got {list(channels)}."
            )
        norm = norm or "none"
        if norm not in NORMS:
            raise ValueError(f"norm: must be one of {', '.join(NORMS)}, but got {norm!r}.")
        last = len(channels) - 1
        if norm == "instance" and height >> last == width >> last == 1:
            raise ValueError("model.norm: must be layer or null where the last stage has one place, but got instance.")
        g, keys = activation_called(activation), (key(seed, Purpose.WEIGHTS, layer) for layer in count())

        def conv_layer(before: int, after: int) -> ConvLayer:
            layer = convolution(before, after, kernel_size, init=init, state=next(keys))
            return ConvLayer(layer, NORMS[norm](after), g)

        def stage(before: int, after: int) -> nn.Sequential:
            return nn.Sequential(
                conv_layer(before, after), *(conv_layer(after, after) for _ in range(convs_per_stage - 1))
            )

        self.stages = nn.ModuleList(stage(*sizes) for sizes in pairwise([in_channels, *channels]))
        self.dropout = Dropout(dropout, seed, 0, channels[-1])
        self.output = linear(channels[-1], num_outputs, bias=True, init=init, state=next(keys))
        self.numbers_per_row = max(
            number * (height >> stage) * (width >> stage) for stage, number in enumerate(channels)
        )

    @property
    def first_layer_weight(self) -> Tensor:
        """The first layer's kernels, (channels, in_channels, kernel_size, kernel_size)."""
        return next(self.stages.parameters())

    def forward(self, inputs: Tensor) -> Tensor:
        """Images (B, C, H, W) to logits (B, num_outputs)."""
        first, *others = self.stages
        x = first(inputs)
        for stage in others:
            x = stage(max_pool2d(x, 2))
        logits: Tensor = self.output(self.dropout(x.mean((2, 3))))
        return logits
