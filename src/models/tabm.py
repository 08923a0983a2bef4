"""TabM: k multilayer perceptrons of a table that share most of their weights (Gorishniy et al. 2025)."""

from typing import Literal

import tabm
from torch import Tensor, nn

from src.data_spec import DataSpec
from src.models.columns import Columns
from src.models.dropout import Dropout
from src.models.embeddings import EmbeddingSettings

# Axes: B rows, k models in one, O outputs.


class TabM(nn.Module):
    """Embedded columns, then k multilayer perceptrons of `n_blocks` layers of `d_block` ReLU units, each with its own output.

    They share their layers but for a scaling: of the embedded columns ("tabm-mini"), or of every layer's inputs and outputs
    ("tabm"), as the package `tabm` has it. Each is trained by itself; `src.models.outputs.pooled` is their prediction.
    Differs from the package: codes may be looked up, dropout masks are functions of the seed. All weights are drawn from
    torch's global generator.
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        arch_type: Literal["tabm", "tabm-mini"],
        k: int,
        n_blocks: int,
        d_block: int,
        dropout: float,
        embedding: str,
        d_embedding: int,
        num_bins: int,
        num_frequencies: int,
        frequency_scale: float,
        d_category: int | None,
        seed: int,
    ) -> None:
        super().__init__()
        settings = EmbeddingSettings(d_embedding, num_bins, num_frequencies, frequency_scale)
        self.columns = Columns(spec, embedding, settings, d_category)
        self.view = tabm.EnsembleView(k=k)
        self.backbone = tabm.make_tabm_backbone(
            d_in=self.columns.width,
            n_blocks=n_blocks,
            d_block=d_block,
            dropout=dropout,
            k=k,
            arch_type=arch_type,
            start_scaling_init="random-signs" if embedding == "none" else "normal",
            start_scaling_init_chunks=self.columns.widths,  # an embedded column is scaled as one
        )
        for layer, block in enumerate(self.backbone.blocks):
            block[2] = Dropout(dropout, seed, layer, k * d_block)
        self.output = tabm.LinearEnsemble(d_block, spec.num_outputs, k=k)

    @property
    def numbers_per_row(self) -> int:
        """How many numbers the widest layer makes of a row."""
        return self.output.k * max(self.columns.width, self.output.in_features)

    def forward(self, inputs: Tensor) -> Tensor:
        """Columns (B, F) to the logits of each of the k: (B, k, num_outputs)."""
        logits: Tensor = self.output(self.backbone(self.view(self.columns(inputs))))
        return logits
