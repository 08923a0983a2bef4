"""A table's spec and its models, built as a run builds them."""

from typing import Any

import torch
from torch import nn

from src.data_spec import DataSpec
from src.models.build import build_model

COLUMNS = {"d_embedding": 3, "num_bins": 4, "num_frequencies": 2, "frequency_scale": 0.1, "d_category": None}
MLP = {"widths": (7, 6), "activation": "relu", "init": "he_normal", "bias": True, "dropout": 0.0, "norm": None}
TABM = {"k": 3, "n_blocks": 2, "d_block": 6, "dropout": 0.0}
ARGUMENTS = {
    "src.models.tabular.TabularMLP": {"embedding": "piecewise_linear", **COLUMNS, **MLP},
    "src.models.tabm.TabM": {"embedding": "piecewise_linear", "arch_type": "tabm", **COLUMNS, **TABM},
}
TABULAR, TABM_TARGET = ARGUMENTS

_generator = torch.Generator().manual_seed(0)
ROWS = torch.cat([torch.randn(50, 2, generator=_generator), (torch.arange(50) % 3).unsqueeze(1)], dim=1)
SPEC = DataSpec((3,), 2, (0, 0, 3), lambda: ROWS)


def built(target: str, seed: int = 0, **changes: Any) -> nn.Module:
    """The model in double precision, moved away from weights that begin as 0 or 1 and would hide mistakes."""
    model = build_model(target, ARGUMENTS[target] | changes, SPEC, seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return model
