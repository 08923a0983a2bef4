"""The multilayer perceptron of a table, with embedded columns."""

from collections.abc import Sequence

from torch import Tensor, nn

from src.data_spec import DataSpec
from src.models.columns import Columns
from src.models.embeddings import EmbeddingSettings
from src.models.mlp import MLP


class TabularMLP(nn.Module):
    """Columns -> embeddings side by side -> an `MLP` with the other arguments (Gorishniy et al. 2022, section 3.1).

    Numbers are embedded as `src.models.embeddings` says, codes as `src.models.columns` says. The weights of embeddings
    are drawn from torch's global generator, the MLP's by `init` from `seed`.
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        embedding: str,
        d_embedding: int,
        num_bins: int,
        num_frequencies: int,
        frequency_scale: float,
        d_category: int | None,
        widths: Sequence[int],
        activation: str,
        init: str,
        bias: bool,
        dropout: float,
        norm: str | None,
        seed: int,
    ) -> None:
        super().__init__()
        settings = EmbeddingSettings(d_embedding, num_bins, num_frequencies, frequency_scale)
        self.columns = Columns(spec, embedding, settings, d_category)
        self.mlp = MLP(
            self.columns.width,
            spec.num_outputs,
            widths=widths,
            activation=activation,
            init=init,
            bias=bias,
            dropout=dropout,
            norm=norm,
            seed=seed,
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Columns (B, F) to logits (B, num_outputs)."""
        logits: Tensor = self.mlp(self.columns(inputs))
        return logits
