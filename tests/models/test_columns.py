import pytest
import torch
from torch.nn.functional import one_hot

from src.data_spec import DataSpec
from src.models.columns import Columns
from src.models.embeddings import EMBEDDINGS, EmbeddingSettings

SETTINGS = EmbeddingSettings(d_embedding=5, num_bins=6, num_frequencies=3, frequency_scale=0.1)
CARDINALITIES = (0, 3, 0, 2)  # codes between numbers
GENERATOR = torch.Generator().manual_seed(0)
ROWS = torch.stack([torch.randn(9, generator=GENERATOR), torch.arange(9) % 3, torch.arange(9), torch.arange(9) % 2], 1)
SPEC = DataSpec((4,), 1, CARDINALITIES, lambda: ROWS)


def test_numbers_come_first_then_one_hot_codes():
    columns = Columns(SPEC, "none", SETTINGS, None)
    expected = torch.cat([ROWS[:, [0, 2]], one_hot(ROWS[:, 1].long(), 3), one_hot(ROWS[:, 3].long(), 2)], dim=1)
    assert torch.equal(columns(ROWS), expected)
    assert (columns.widths, columns.width) == ([1, 1, 3, 2], 7)


def test_a_code_that_is_not_known_is_all_zeros():
    columns = Columns(SPEC, "none", SETTINGS, None)
    unknown = torch.tensor([[0.5, 3.0, 1.0, -1.0]])
    assert columns(unknown).tolist() == [[0.5, 1.0, 0, 0, 0, 0, 0]]


def test_codes_are_looked_up_in_what_is_learned():
    columns = Columns(SPEC, "none", SETTINGS, 4)
    first, second = (table.weight.detach() for table in columns.codes)
    expected = torch.cat([ROWS[:, [0, 2]], first[ROWS[:, 1].long()], second[ROWS[:, 3].long()]], dim=1)
    assert torch.equal(columns(ROWS), expected)
    assert (columns.widths, first.shape, second.shape) == ([1, 1, 4, 4], (3, 4), (2, 4))
    assert float(first.detach().abs().max()) <= 0.5


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_each_number_is_embedded_in_its_place(name):
    columns = Columns(SPEC, name, SETTINGS, None)
    d = 1 if name == "none" else 5
    assert columns.widths == [d, d, 3, 2]
    assert torch.equal(columns(ROWS)[:, : 2 * d], columns.numbers(ROWS[:, [0, 2]]).flatten(1))


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_a_table_may_be_all_codes_or_all_numbers(name):
    codes = DataSpec((2,), 1, (3, 2), lambda: ROWS[:, [1, 3]])
    assert torch.equal(Columns(codes, name, SETTINGS, None)(ROWS[:, [1, 3]])[:, :3], one_hot(ROWS[:, 1].long(), 3))
    numbers = DataSpec((2,), 1, (), lambda: ROWS[:, [0, 2]])
    assert Columns(numbers, name, SETTINGS, None)(ROWS[:, [0, 2]]).shape == (9, 2 if name == "none" else 10)


def test_images_have_no_columns():
    with pytest.raises(ValueError, match=r"^model: must be given a table's columns .*, but got inputs \(1, 8, 8\)\.$"):
        Columns(DataSpec((1, 8, 8), 10), "none", SETTINGS, None)
