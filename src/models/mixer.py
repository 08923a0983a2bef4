"""MLP-Mixer: an image's patches mixed by multilayer perceptrons (Tolstikhin et al. 2021)."""

from collections.abc import Callable, Sequence
from itertools import count

from torch import Tensor, nn

from src.models.activations import activation as activation_called
from src.models.dropout import Dropout
from src.models.images import image_size, patches
from src.models.initialisers import linear
from src.randomness import Purpose, key

# Axes: B rows, S patches, C channels of a patch.


class HiddenMLP(nn.Module):
    """linear -> activation -> dropout -> linear over the last axis, (..., I) to (..., I)."""

    def __init__(
        self, hidden: nn.Linear, output: nn.Linear, activation: Callable[[Tensor], Tensor], dropout: nn.Module
    ):
        super().__init__()
        self.hidden, self.output, self.activation, self.dropout = hidden, output, activation, dropout

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.output(self.dropout(self.activation(self.hidden(inputs))))
        return outputs


class MixerBlock(nn.Module):
    """U = X + MLP over patches of LayerNorm(X); then U + MLP over channels of LayerNorm(U) (eq. 1): (B, S, C) to (B, S, C)."""

    def __init__(self, hidden_dim: int, over_tokens: HiddenMLP, over_channels: HiddenMLP) -> None:
        super().__init__()
        self.over_tokens, self.over_channels = over_tokens, over_channels
        self.norm_of_tokens, self.norm_of_channels = nn.LayerNorm(hidden_dim), nn.LayerNorm(hidden_dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.over_tokens(self.norm_of_tokens(x).mT).mT
        outputs: Tensor = x + self.over_channels(self.norm_of_channels(x))
        return outputs


class MLPMixer(nn.Module):
    """Patches embedded in `hidden_dim` channels, `num_blocks` mixer blocks, a LayerNorm, the mean over patches, logits.

    The arguments are called as in the paper's own code. The weights of layer l (from 0: the patch embedding, then four of
    each block, the output layer last) are drawn by `init` with the key (seed, WEIGHTS, l), biases are 0, in the default
    dtype. Differs from the paper: `dropout` is the rate after each activation, there is no stochastic depth, and the output
    layer's weights do not begin at 0. Raises ValueError for an unknown name, and if inputs are no images or cannot be cut
    into patches.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: int,
        *,
        patch_size: int,
        hidden_dim: int,
        num_blocks: int,
        tokens_mlp_dim: int,
        channels_mlp_dim: int,
        activation: str,
        init: str,
        dropout: float,
        seed: int,
    ) -> None:
        super().__init__()
        in_channels, height, width = image_size(input_shape)
        if height % patch_size or width % patch_size:
            raise ValueError(
                f"model.patch_size: must divide the height and width of the images, {height}x{width}, but got {patch_size}."
            )
        num_patches = height * width // patch_size**2
        g, keys = activation_called(activation), (key(seed, Purpose.WEIGHTS, layer) for layer in count())

        def layer(before: int, after: int) -> nn.Linear:
            return linear(before, after, bias=True, init=init, state=next(keys))

        def mlp(number: int, size: int, hidden: int, places: int) -> HiddenMLP:
            mask = Dropout(dropout, seed, number, hidden * places)
            return HiddenMLP(layer(size, hidden), layer(hidden, size), g, mask)

        def block(number: int) -> MixerBlock:
            over_tokens = mlp(2 * number, num_patches, tokens_mlp_dim, hidden_dim)
            return MixerBlock(hidden_dim, over_tokens, mlp(2 * number + 1, hidden_dim, channels_mlp_dim, num_patches))

        self.patch_size, self.in_channels = patch_size, in_channels
        self.embedding = layer(in_channels * patch_size**2, hidden_dim)
        self.blocks = nn.Sequential(*(block(number) for number in range(num_blocks)))
        self.norm = nn.LayerNorm(hidden_dim)
        self.output = layer(hidden_dim, num_outputs)
        self.numbers_per_row = max(hidden_dim * tokens_mlp_dim, num_patches * max(hidden_dim, channels_mlp_dim))

    @property
    def first_layer_weight(self) -> Tensor:
        """What each channel of the embedding sees of a patch, (hidden_dim, in_channels, patch_size, patch_size)."""
        return self.embedding.weight.unflatten(1, (self.in_channels, self.patch_size, self.patch_size))

    def forward(self, inputs: Tensor) -> Tensor:
        """Images (B, channels, height, width) to logits (B, num_outputs)."""
        x = self.blocks(self.embedding(patches(inputs, self.patch_size)))
        logits: Tensor = self.output(self.norm(x).mean(1))
        return logits
