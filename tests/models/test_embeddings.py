import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from src.data_spec import RESOLUTION, DataSpec
from src.models.embeddings import EMBEDDINGS, MOST_BINS, EmbeddingSettings, bins, embedding

SETTINGS = EmbeddingSettings(d_embedding=5, num_bins=6, num_frequencies=3, frequency_scale=0.1)
SPREAD = torch.linspace(-1, 1, 41).exp()
TIES = torch.tensor([0.0] * 30 + [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
PAIR = torch.tensor([0.0, 1.0] * 20 + [1.0])
CONSTANT = torch.full((41,), 3e9)


def built(name: str, *columns: Tensor) -> torch.nn.Module:
    rows = torch.stack(columns, dim=1)
    torch.manual_seed(1)
    module = embedding(name)(DataSpec((len(columns),), 1, find_train=lambda: rows), SETTINGS)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter))  # some begin as 0, which would hide mistakes
    return module


def encoded(x: float, edges: list[float]) -> list[float]:
    """Gorishniy et al. 2022, eq. 1: the first bin goes on below, the last above."""
    last, shares = len(edges) - 2, []
    for bin, (low, high) in enumerate(pairwise(edges)):
        if x < low and bin > 0:
            shares.append(0.0)
        elif x >= high and bin < last:
            shares.append(1.0)
        else:
            shares.append((x - low) / (high - low))
    return shares


@pytest.mark.parametrize("columns", [(SPREAD,), (SPREAD, TIES), (PAIR, SPREAD, TIES), (PAIR,)])
def test_piecewise_linear_is_the_encoding_of_the_paper_and_a_linear_layer_to_a_linear_embedding(columns):
    module = built("piecewise_linear", *columns).double()
    values = dict(module.named_parameters())
    spec = DataSpec((len(columns),), 1, find_train=lambda: torch.stack(columns, dim=1))
    edges = [column.tolist() for column in bins(spec.quantiles, SETTINGS.num_bins)]
    most = max(map(len, edges)) - 1
    given = torch.tensor([-1.0, 0.0, 0.3, 1.0, 1.7, 5.5, 11.0, 13.0], dtype=torch.float64)
    outputs = module(given.unsqueeze(1).expand(-1, len(columns)))
    for column, its in enumerate(edges):
        for row, x in enumerate(given.tolist()):
            *first, last = encoded(x, its)  # the package puts the last bin at the end, whatever lies between
            shares = torch.tensor([*first, *[0.0] * (most - len(first) - 1), last], dtype=torch.float64)
            linear = values["linear0.weight"][column] * x + values["linear0.bias"][column]
            expected = linear + shares @ values["linear.weight"][column]
            torch.testing.assert_close(outputs[row, column], expected, rtol=1e-5, atol=1e-5)  # edges are float32


def test_periodic_is_the_formula():
    module = built("periodic", SPREAD, TIES)
    values = dict(module.named_parameters())
    given = torch.randn(7, 2, generator=torch.Generator().manual_seed(0))
    for column in range(2):
        angles = 2 * math.pi * given[:, column, None] * values["periodic.weight"][column]
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)
        expected = (waves @ values["linear.weight"][column] + values["linear.bias"][column]).relu()
        torch.testing.assert_close(module(given)[:, column], expected)


def test_periodic_begins_with_frequencies_of_the_scale():
    wide = DataSpec((4000,), 1)
    torch.manual_seed(0)
    frequencies = embedding("periodic")(wide, SETTINGS).periodic.weight.detach()
    assert float(frequencies.std()) == pytest.approx(0.1, rel=0.03)


def test_linear_is_the_formula_and_none_changes_nothing():
    given = torch.randn(7, 2, generator=torch.Generator().manual_seed(0))
    module = built("linear", SPREAD, TIES)
    values = dict(module.named_parameters())
    expected = (given.unsqueeze(-1) * values["linear.weight"] + values["linear.bias"]).relu()
    torch.testing.assert_close(module(given), expected)
    assert torch.equal(built("none", SPREAD, TIES)(given), given.unsqueeze(-1))


@pytest.mark.parametrize("name", EMBEDDINGS)
@pytest.mark.parametrize("columns", [(CONSTANT,), (CONSTANT, SPREAD), (CONSTANT, torch.zeros(41))])
def test_a_constant_column_has_finite_embeddings_and_gradients(name, columns):
    module = built(name, *columns)
    outputs = module(torch.stack(columns, dim=1) / (3e9 if name == "periodic" else 1.0))
    assert outputs.shape[:2] == (41, len(columns))
    outputs.square().mean().backward() if name != "none" else None
    assert torch.isfinite(outputs).all()
    assert all(torch.isfinite(parameter.grad).all() for parameter in module.parameters())


@pytest.mark.parametrize("num_bins", [1, 4, 7, 48, MOST_BINS])
def test_bins_hold_equal_shares_of_train(num_bins):
    column = torch.randn(5000, generator=torch.Generator().manual_seed(0))
    spec = DataSpec((1,), 1, find_train=lambda: column.unsqueeze(1))
    (edges,) = bins(spec.quantiles, num_bins)
    assert (float(edges[0]), float(edges[-1])) == (float(column.min()), float(column.max()))
    assert len(edges) == num_bins + 1
    shares = torch.histogram(column, edges).hist / len(column)
    assert float((shares - 1 / num_bins).abs().max()) < 1.5 / RESOLUTION


def test_equal_quantiles_are_one_edge_and_a_constant_has_a_bin_from_there():
    spec = DataSpec((3,), 1, find_train=lambda: torch.stack([TIES, PAIR, CONSTANT], dim=1))
    ties, pair, constant = bins(spec.quantiles, 4)
    assert ties.tolist() == [0.0, 1.0, 11.0]  # rows 0, 10, 20, 30 and 40 of the sorted 41
    assert pair.tolist() == [0.0, 1.0]
    assert constant.tolist() == [3e9, 6e9]


@pytest.mark.parametrize("num_bins", [0, MOST_BINS + 1])
def test_a_number_of_bins_that_quantiles_cannot_tell_is_refused(num_bins):
    with pytest.raises(ValueError, match=rf"^num_bins: must lie in 1 to {MOST_BINS}, but got {num_bins}\."):
        bins(torch.zeros(1, RESOLUTION + 1), num_bins)


def test_an_unknown_embedding_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match="^embedding: must be one of none, linear, piecewise_linear, periodic, but got"
    ):
        embedding("fourier")
