"""Embeddings of numeric columns, one number to several, by name (Gorishniy et al. 2022): built by `rtdl_num_embeddings`.

Where the package draws initial weights it draws them from torch's global generator, which `build_model` seeds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from src.choices import chosen
from src.data_spec import RESOLUTION, DataSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

# Axes: B rows, n numeric columns, d numbers of an embedding.

MOST_BINS = RESOLUTION


@dataclass(frozen=True)
class EmbeddingSettings:
    """What decides an embedding; each name's own are said there."""

    d_embedding: int
    num_bins: int
    num_frequencies: int
    frequency_scale: float


Embedding = Callable[[DataSpec, EmbeddingSettings], "nn.Module"]  # of columns (B, n), giving (B, n, d)


def none(spec: DataSpec, settings: EmbeddingSettings) -> nn.Module:
    """Numbers as they come, d = 1."""
    from torch import nn

    return nn.Unflatten(1, (len(spec.numeric), 1))


def linear(spec: DataSpec, settings: EmbeddingSettings) -> nn.Module:
    """max(w x + b, 0), with w and b (d_embedding,) of each column."""
    from rtdl_num_embeddings import LinearReLUEmbeddings

    return LinearReLUEmbeddings(len(spec.numeric), settings.d_embedding)


def piecewise_linear(spec: DataSpec, settings: EmbeddingSettings) -> nn.Module:
    """The share that x fills of each of num_bins bins, by quantiles of train (eq. 1), then a linear layer to d_embedding.

    It starts as a linear embedding, and learns the pieces (Gorishniy et al. 2025, version B).
    """
    from rtdl_num_embeddings import PiecewiseLinearEmbeddings

    edges = bins(spec.quantiles, settings.num_bins)
    with warnings.catch_warnings():
        # One bin is right for a column of two values.
        warnings.filterwarnings("ignore", r"The \d+-th feature has just two bin edges", UserWarning)
        return PiecewiseLinearEmbeddings(edges, settings.d_embedding, activation=False, version="B")


def periodic(spec: DataSpec, settings: EmbeddingSettings) -> nn.Module:
    """cos and sin of 2 pi c x, num_frequencies learned c that begin with sd frequency_scale (eq. 2), then linear and ReLU."""
    from rtdl_num_embeddings import PeriodicEmbeddings

    return PeriodicEmbeddings(
        len(spec.numeric),
        settings.d_embedding,
        n_frequencies=settings.num_frequencies,
        frequency_init_scale=settings.frequency_scale,
        lite=False,
    )


EMBEDDINGS: dict[str, Embedding] = {of.__name__: of for of in (none, linear, piecewise_linear, periodic)}


def embedding(name: str) -> Embedding:
    """The embedding called `name`. Raises ValueError, listing the known ones, for any other name."""
    return chosen("embedding", EMBEDDINGS, name)


def bins(quantiles: Tensor, num_bins: int) -> list[Tensor]:
    """Edges, rising, of up to `num_bins` bins of each column, from its `quantiles` (n, RESOLUTION + 1).

    Equal quantiles are one edge. A column that is constant on train has one bin that begins there, so it is 0 on train.
    Raises ValueError unless 1 <= num_bins <= MOST_BINS.
    """
    import torch

    if not 1 <= num_bins <= MOST_BINS:
        raise ValueError(f"num_bins: must lie in 1 to {MOST_BINS}, but got {num_bins}.")
    at = torch.linspace(0, RESOLUTION, num_bins + 1, dtype=torch.float64).round().long()
    columns = [column.unique() for column in quantiles[:, at]]
    return [edges if len(edges) > 1 else _from_here(edges) for edges in columns]


def _from_here(edge: Tensor) -> Tensor:
    """The bin from `edge` (1,) on, as wide as 1, or as the edge is far from 0: an edge in float32 must move."""
    import torch

    return torch.cat([edge, edge + edge.abs().clamp(min=1.0)])
