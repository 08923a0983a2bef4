"""A table's columns as a model takes them in: numbers embedded, codes one-hot or looked up."""

import torch
from torch import Tensor, nn

from src.data_spec import DataSpec
from src.models.embeddings import EmbeddingSettings, embedding

# Axes: B rows, F columns.


class OneHot(nn.Module):
    """Codes (B,) to (B, size): 1 at the code's place, else 0; all 0 for a code that is none of 0 to size - 1."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, codes: Tensor) -> Tensor:
        places = torch.arange(self.size, device=codes.device)
        return (codes.unsqueeze(-1) == places).to(codes.dtype)


class Lookup(nn.Embedding):
    """Codes (B,), as floats, to what has been learned of each: (B, d)."""

    def __init__(self, size: int, d: int) -> None:
        super().__init__(size, d)
        nn.init.uniform_(self.weight, -(d**-0.5), d**-0.5)  # as Gorishniy et al. 2021 begin

    def forward(self, codes: Tensor) -> Tensor:
        return super().forward(codes.long())


class Columns(nn.Module):
    """Columns (B, F) to numbers (B, width): each number by the embedding `name`, then each code.

    `widths`: of each column, numbers first. Codes become `d_category` learned numbers, or with None one-hot. Raises
    ValueError if `spec` is not of a table.
    """

    def __init__(self, spec: DataSpec, name: str, settings: EmbeddingSettings, d_category: int | None) -> None:
        super().__init__()
        if len(spec.input_shape) != 1:
            raise ValueError(
                f"model: must be given a table's columns for embeddings, but got inputs {spec.input_shape}."
            )
        self.numeric, self.categorical = _compact(spec.numeric), list(spec.categorical)
        self.numbers = embedding(name)(spec, settings) if spec.numeric else None
        sizes = list(spec.categorical.values())
        self.codes = nn.ModuleList(OneHot(size) if d_category is None else Lookup(size, d_category) for size in sizes)
        d_number = 0 if self.numbers is None else self.numbers(torch.zeros(1, len(spec.numeric))).shape[-1]
        self.widths = [d_number] * len(spec.numeric) + [d_category or size for size in sizes]

    @property
    def width(self) -> int:
        return sum(self.widths)

    def forward(self, inputs: Tensor) -> Tensor:
        parts = [] if self.numbers is None else [self.numbers(inputs[:, self.numeric]).flatten(1)]
        parts += [codes(inputs[:, column]) for column, codes in zip(self.categorical, self.codes, strict=True)]
        return torch.cat(parts, dim=1)


def _compact(columns: list[int]) -> list[int] | slice:
    """`columns` as a slice where they follow one another: no indices then go to the device at each step."""
    span = range(columns[0], columns[-1] + 1) if columns else range(0)
    return slice(span.start, span.stop) if columns == list(span) else columns
